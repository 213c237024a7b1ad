# ratio.awk - what ratio.sh measured, judged: a line for each row, or with summary=1 means and floors.
#
# A row is name|mode|class|use|raw bytes|aez bytes|peer's bytes|peer|model bytes|seconds in|seconds out|
# fault; a fault ("absent" where there is no such file) takes the row out of everything else.
# The floors are those of levels 5 and 9. Exit status of a summary: 0 when nothing is missed.

# floor_of CLASS: what the geometric mean of peer / aez has to reach; 0 where nothing is promised.
function floor_of(class) {
    if (level != 5 && level != 9)
        return 0
    if (class == "field 1e-2") return level == 9 ? 1.35 : 1.25
    if (class == "field 1e-3") return level == 9 ? 1.22 : 1.15
    if (class == "field 1e-4") return level == 9 ? 1.12 : 1.08
    if (class == "table 1e-3") return 1.15
    if (class == "csv") return level == 9 ? 1.25 : 1.20
    if (class == "float") return 1.08
    return 0
}

# limit_of NAME CLASS PEER: the most bytes this one set may take; 0 where nothing is promised.
function limit_of(name, class, peer) {
    if (level != 5 && level != 9)
        return 0
    if (class ~ /^field/) return int(peer / 0.97 + 1e-6) + (peer < 4000 ? 160 : 0)
    if (class ~ /^table/) return int(peer / 0.98 + 1e-6)
    if (class == "csv") return peer
    if (class != "image") return 0
    if (name ~ /mnist-t10k-images/) return level == 9 ? 1137000 : 1225000
    if (level != 9) return 0
    return name ~ /mnist-train-images/ && name !~ /fashion/ ? 6644000 : peer - 1
}

function rate(bytes, seconds) {
    return seconds > 0 ? sprintf("%.1f", bytes / 1e6 / seconds) : "-"
}

function add(half, class, ratio, name) {
    n[half, class]++
    logs[half, class] += log(ratio)
    if (!((half, class) in least) || ratio < least[half, class]) {
        least[half, class] = ratio
        least_name[half, class] = name
    }
}

# judge HALF CLASS: one line of the means, with the floor where there is one.
function judge(half, class,    mean, floor, verdict) {
    if (!n[half, class])
        return
    mean = exp(logs[half, class] / n[half, class])
    floor = floor_of(class)
    verdict = "-"
    if (floor && mean + 1e-12 >= floor)
        verdict = "holds"
    else if (floor) {
        verdict = sprintf("MISSED by %.4f, %.1f%% of the bytes", floor - mean,
            100 * (1 - mean / floor))
        missed++
    }
    printf "%-11s %-6s %4d %8.4f %6s   %-38s %6.3f %s\n", class, half, n[half, class], mean,
        floor ? sprintf("%.2f", floor) : "-", verdict, least[half, class], least_name[half, class]
}

BEGIN {
    FS = "|"
    n_classes = split("field 1e-2,field 1e-3,field 1e-4,table 1e-3,csv,image,float,integer",
        classes, ",")
    if (heading)
        printf "%-46s %-8s %-5s %9s %9s %9s %6s %7s %7s %6s %7s %6s  %-14s %s\n", "set", "mode",
            "use", "bytes", "peer", "aez", "ratio", "model", "s in", "MB/s", "s out", "MB/s", "limit",
            "peer's name"
}

$12 == "absent" {
    absent++
    if (!summary)
        printf "%-46s %-8s skipped: no such file\n", $1, $2
    next
}

$12 != "" {
    faults++
    if (!summary)
        printf "%-46s %-8s %-5s WRONG: %s\n", $1, $2, $4, $12
    next
}

{
    limit = limit_of($1, $3, $7)
    excess = limit && $6 > limit ? $6 - limit : 0
}

summary {
    add("all", $3, $7 / $6, $1)
    add($4, $3, $7 / $6, $1)
    limits += limit > 0
    if (excess)
        over[++n_over] = sprintf("  %-11s %-6s %-46s %9d over %9d, by %d", $3, $4, $1, $6, limit,
            excess)
    next
}

{
    printf "%-46s %-8s %-5s %9d %9d %9d %6.3f %7s %7.2f %6s %7.2f %6s  %-14s %s\n", $1, $2, $4, $5,
        $7, $6, $7 / $6, $9, $10, rate($5, $10), $11, rate($5, $11),
        !limit ? "-" : excess ? "over by " excess : "holds", $8
}

END {
    if (!summary)
        exit
    printf "\npeer / aez, geometric means, model counted, level %d%s\n", level,
        level == 5 || level == 9 ? "" : ": nothing is promised at this level"
    printf "%-11s %-6s %4s %8s %6s   %-38s %6s\n", "class", "use", "sets", "mean", "floor", "", "least"
    for (i = 1; i <= n_classes; i++) {
        if (n["open", classes[i]] && n["aside", classes[i]])
            judge("all", classes[i])
        judge("open", classes[i])
        judge("aside", classes[i])
    }
    printf "single limits: %d of %d hold\n", limits - n_over, limits
    for (i = 1; i <= n_over; i++)
        print over[i]
    missed += n_over
    if (absent)
        printf "skipped, no such file: %d\n", absent
    if (faults)
        printf "wrong or failed: %d\n", faults
    printf "ratio: %d missed\n", missed + faults
    exit missed + faults > 0
}
