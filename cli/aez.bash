# bash completion for aez(1)
_aez()
{
    local cur prev word command='' i
    cur=${COMP_WORDS[COMP_CWORD]}
    prev=${COMP_WORDS[COMP_CWORD - 1]}
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
        compress | decompress | test | info | help | version)
            command=$word
            break
            ;;
        esac
    done
    COMPREPLY=()
    case $prev in
    --type)
        mapfile -t COMPREPLY < <(compgen -W 'u8 i8 u16 i16 u32 i32 u64 i64 f32 f64' -- "$cur")
        return
        ;;
    --format)
        mapfile -t COMPREPLY < <(compgen -W 'raw npy idx csv bytes' -- "$cur")
        return
        ;;
    --entropy)
        mapfile -t COMPREPLY < <(compgen -W 'zstd any' -- "$cur")
        return
        ;;
    --model)
        mapfile -t COMPREPLY < <(compgen -W 'stages autoencoder both auto' -- "$cur")
        return
        ;;
    --header)
        mapfile -t COMPREPLY < <(compgen -W 'yes no' -- "$cur")
        return
        ;;
    --hidden | --latent | --steps | --latent-step | --lambda | --delimiter | --exact | --abs | --rel | --pwrel | --psnr | --missing | --seed | --chunk | --memory | --shape | \
        --variables | --level | --threads | -T)
        return
        ;;
    -o | --output)
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        compopt -o filenames
        return
        ;;
    esac
    if [[ -z $command || $command == help ]]; then
        word='compress decompress test info help version'
        [[ -z $command ]] && word+=' --help --version'
        mapfile -t COMPREPLY < <(compgen -W "$word" -- "$cur")
        return
    fi
    if [[ $cur == -* ]]; then
        word='--help --quiet --verbose --threads --memory --no-progress'
        case $command in
        compress)
            word+=' --output --stdout --force --keep --rm --level --seed --chunk --entropy --abs'
            word+=' --rel --pwrel --psnr --missing --variables --type --shape --format'
            word+=' --delimiter --header --exact --model --latent-only --hidden --latent --steps'
            word+=' --latent-step --lambda'
            ;;
        decompress) word+=' --output --stdout --force --keep --rm' ;;
        info) word+=' --json' ;;
        version) word='--help' ;;
        esac
        mapfile -t COMPREPLY < <(compgen -W "$word" -- "$cur")
        return
    fi
    case $command in
    decompress | test | info)
        mapfile -t COMPREPLY < <(compgen -f -X '!*.aez' -- "$cur"; compgen -d -- "$cur")
        ;;
    *) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    esac
    compopt -o filenames
}
complete -F _aez aez
