#!/usr/bin/python3
"""torch_epoch.py IMAGES [NAME...] - seconds an epoch of the recipes' nets takes in PyTorch.

IMAGES is an IDX file of 28 x 28 bytes. Prints "name <tab> seconds" for mnist-dense and mnist-conv (or
those named): the best of three epochs, all cores, Adam, batches of 256 out of a tensor in memory.
Exit status 1, with a sentence, where PyTorch or the images are missing.
"""
import os
import sys
import time


def skip(reason):
    print("torch_epoch: skipped: " + reason, file=sys.stderr)
    sys.exit(1)


if len(sys.argv) < 2 or not os.path.isfile(sys.argv[1]):
    skip("no file of images: torch_epoch.py IMAGES.idx3-ubyte [NAME...]")
try:
    import numpy
    import torch
    from torch import nn
except ImportError as missing:
    skip(f"{missing} (Debian: python3-torch)")

BATCH = 256
EPOCHS = 3


def images(path):
    data = numpy.fromfile(path, numpy.uint8)
    shape = tuple(int.from_bytes(data[4 + 4 * i:8 + 4 * i], "big") for i in range(data[3]))
    if shape[1:] != (28, 28):
        skip(f"{path} has items of another size than 28 x 28")
    return torch.from_numpy(data[4 + 4 * len(shape):].reshape(-1, 784) / numpy.float32(255))


def dense():
    """784-32-784; the loss takes the sigmoid in, which is the quicker way."""
    net = nn.Sequential(nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 784))
    return net, nn.BCEWithLogitsLoss()


class RootOfMean(nn.Module):
    def forward(self, y, x):
        return torch.sqrt(nn.functional.mse_loss(y, x))


def conv():
    """The narrow net of corpus/recipes/mnist-conv.sh."""
    net = nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)),
        nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 8, 3, padding=1), nn.Flatten(), nn.Dropout(0.05), nn.Linear(392, 49),
        nn.Linear(49, 784), nn.ReLU(), nn.Unflatten(1, (1, 28, 28)),
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 1, 3, padding=1), nn.Sigmoid(),
        nn.Flatten())
    return net, RootOfMean()


def epoch(net, loss, optimizer, x):
    order = torch.randperm(len(x))
    for at in range(0, len(x), BATCH):
        batch = x[order[at:at + BATCH]]
        optimizer.zero_grad()
        loss(net(batch), batch).backward()
        optimizer.step()


def seconds(make, x):
    torch.manual_seed(1)
    net, loss = make()
    optimizer = torch.optim.Adam(net.parameters())
    epoch(net, loss, optimizer, x[:10 * BATCH])  # whatever is set up on first use
    times = []
    for _ in range(EPOCHS):
        began = time.perf_counter()
        epoch(net, loss, optimizer, x)
        times.append(time.perf_counter() - began)
    return min(times)


NETS = {"mnist-dense": dense, "mnist-conv": conv}
torch.set_num_threads(len(os.sched_getaffinity(0)))
X = images(sys.argv[1])
for name in sys.argv[2:] or NETS:
    if name not in NETS:
        skip(f"{name}: there are {', '.join(NETS)}")
    print(f"{name}\t{seconds(NETS[name], X):.3f}", flush=True)
