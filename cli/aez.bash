# bash completion for aez(1)
_aez()
{
    local cur prev word command='' i
    local commands='compress decompress test info train latents reconstruct score denoise sample export report help version'
    local input='--type --shape --variables --format --delimiter --header --missing --rows'
    cur=${COMP_WORDS[COMP_CWORD]}
    prev=${COMP_WORDS[COMP_CWORD - 1]}
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case " $commands " in
        *" $word "*)
            command=$word
            break
            ;;
        esac
    done
    COMPREPLY=()
    case $prev in
    --type | --output-type) word='u8 i8 u16 i16 u32 i32 u64 i64 f32 f64' ;;
    --format) word='raw npy idx csv bytes' ;;
    --entropy) word='zstd any' ;;
    --header) word='yes no' ;;
    --activation) word='relu leaky tanh sigmoid linear' ;;
    --loss) word='rate mse bce rmse' ;;
    --optimizer) word='adam adadelta sgd' ;;
    --schedule) word='cycle constant cosine plateau' ;;
    --scale) word='each common sites range' ;;
    --model | -m)
        mapfile -t COMPREPLY < <(
            [[ $command == compress ]] && compgen -W 'stages autoencoder both auto' -- "$cur"
            compgen -f -X '!*.aezm' -- "$cur"
            compgen -d -- "$cur"
        )
        compopt -o filenames
        return
        ;;
    -o | --output | --init | --from | --curve)
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        compopt -o filenames
        return
        ;;
    --abs | --batch | --bounds | --chunk | --clip | --columns | --contractive | --conv | --corpus | --count | --decoder | \
        --delimiter | --encoder | --epochs | --exact | --hidden | --l1 | --lambda | --latent | --latent-step | \
        --learning-rate | --level | --memory | --methods | --missing | --momentum | --noise | --patience | --psnr | --pwrel | \
        --rel | --rows | --seed | --shape | --steps | --threads | --threshold | --time | --valid | --variables | -T | -n)
        [[ $prev == --corpus ]] || return
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        compopt -o filenames
        return
        ;;
    *) word='' ;;
    esac
    if [[ -n $word ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$word" -- "$cur")
        return
    fi
    if [[ -z $command || $command == help ]]; then
        word=$commands
        [[ -z $command ]] && word+=' --help --version'
        mapfile -t COMPREPLY < <(compgen -W "$word" -- "$cur")
        return
    fi
    if [[ $cur == -* ]]; then
        word='--help --quiet --verbose --threads --memory --no-progress'
        case $command in
        compress)
            word+=" --output --stdout --force --keep --rm --level --seed --chunk --entropy --abs ${input% *}"
            word+=' --rel --pwrel --psnr --exact --model --model-ref --latent-only --hidden --latent --steps'
            word+=' --latent-step --lambda'
            ;;
        decompress) word+=' --output --stdout --force --keep --rm --model' ;;
        test) word+=' --model' ;;
        info) word+=' --json --curve --force --model' ;;
        train)
            word+=" --output --force --level --seed $input --columns --hidden --conv --activation --encoder --decoder"
            word+=' --linear --latent --scale --loss --optimizer --momentum --learning-rate --clip --schedule --epochs'
            word+=' --steps --batch --valid --patience --noise --l1 --contractive --lambda --latent-step --time --init'
            word+=' --keep-state --resume --rel --abs --lossless --no-stages'
            ;;
        latents) word+=" --model --output --output-type --force --rounded $input" ;;
        reconstruct) word+=" --model --output --output-type --force --float ${input/--variables /}" ;;
        score) word+=" --model --output --output-type --force --rounded --per-feature --threshold $input" ;;
        denoise) word+=" --model --output --output-type --force --rounded $input" ;;
        sample) word+=" --model --count --from --output --output-type --force --float --seed $input" ;;
        export) word+=' --model --output --force' ;;
        report) word='--output --json --csv --corpus --bounds --methods --level --force --quiet --help' ;;
        version) word='--help' ;;
        esac
        mapfile -t COMPREPLY < <(compgen -W "$word" -- "$cur")
        return
    fi
    case $command in
    decompress | test)
        mapfile -t COMPREPLY < <(compgen -f -X '!*.aez' -- "$cur"; compgen -d -- "$cur")
        ;;
    info)
        mapfile -t COMPREPLY < <(compgen -f -X '!*.aez?(m)' -- "$cur"; compgen -d -- "$cur")
        ;;
    export)
        mapfile -t COMPREPLY < <(compgen -f -X '!*.aezm' -- "$cur"; compgen -d -- "$cur")
        ;;
    *) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    esac
    compopt -o filenames
}
complete -F _aez aez
