# Usage: bash eng/lib/nix_phases.sh FOLDER: the phases of a build, as nixpkgs' builder and the hook of its buildDotnetModule run
# them. FOLDER is prepared by eng/nix-phases. Stand-ins, written from what the real ones do.
# shellcheck shell=bash disable=SC2016,SC2034,SC2154
set -eo pipefail
folder=$1
# shellcheck source=/dev/null
. "$folder/environment.sh"

# What the builder's shell knows.

runHook() { eval "${!1:-}"; }

installShellCompletion() {
    [ "$1 $3" = '--cmd --bash' ] || { echo "installShellCompletion $*: not known here" >&2; return 1; }
    install -D -m 0644 "$4" "$out/share/bash-completion/completions/$2.bash"
}

# Its words are put into the wrapper in the order in which they are given.
makeWrapper() {
    local program=$1 wrapper=$2 flags=()
    shift 2
    [ -x "$program" ] || { echo "makeWrapper: $program cannot be executed" >&2; return 1; }
    printf '#!%s -e\n' "$BASH" >"$wrapper"
    while [ $# -gt 0 ]; do
        case $1 in
            --set) printf 'export %s=%q\n' "$2" "$3"; shift 3 ;;
            --set-default) printf 'export %s=${%s-%q}\n' "$2" "$2" "$3"; shift 3 ;;
            --prefix) printf 'export %s=%q${%s:+%s$%s}\n' "$2" "$4" "$2" "$3" "$2"; shift 4 ;;
            --run) printf '%s\n' "$2"; shift 2 ;;
            --add-flag) flags+=("$2"); shift 2 ;;
            *) echo "makeWrapper: '$1' is not known here" >&2; return 1 ;;
        esac
    done >>"$wrapper"
    { printf 'exec %q' "$program"; [ ${#flags[@]} -eq 0 ] || printf ' %q' "${flags[@]}"; printf ' "$@"\n'; } >>"$wrapper"
    chmod 0755 "$wrapper"
}

# The hook: facts of its phases, with enableParallelBuilding as it is unless asked otherwise.

case $(uname -m) in aarch64) runtime=linux-arm64 ;; *) runtime=linux-x64 ;; esac

self_contained() { # FLAGS when it is, FLAGS when not
    if [ -n "$dotnetSelfContainedBuild" ]; then echo "$1"; else echo "$2"; fi
}

# A version of .NET has four numbers.
four_numbers() {
    local numbers
    IFS=. read -ra numbers <<<"$version.0.0.0.0"
    (IFS=.; echo "${numbers[*]:0:4}")
}

dotnetConfigurePhase() {
    runHook preConfigure
    # shellcheck disable=SC2086 # words
    dotnet restore "$dotnetProjectFiles" -p:ContinuousIntegrationBuild=true -p:Deterministic=true -p:NuGetAudit=false \
        --runtime "$runtime" $dotnetFlags $dotnetRestoreFlags \
        "$(self_contained -p:SelfContained=true -p:SelfContained=false)"
    runHook postConfigure
}

dotnetBuildPhase() {
    runHook preBuild
    # shellcheck disable=SC2086 # words
    dotnet build "$dotnetProjectFiles" -maxcpucount:"$NIX_BUILD_CORES" -p:BuildInParallel=true \
        -p:ContinuousIntegrationBuild=true -p:Deterministic=true -p:OverwriteReadOnlyFiles=true \
        --configuration Release --no-restore --runtime "$runtime" $dotnetFlags $dotnetBuildFlags \
        "$(self_contained -p:SelfContained=true -p:SelfContained=false)" -p:UseAppHost=true \
        -p:InformationalVersion="$version" -p:Version="$(four_numbers)"
    runHook postBuild
}

dotnetInstallPhase() {
    runHook preInstall
    # shellcheck disable=SC2046,SC2086 # words
    dotnet publish "$dotnetProjectFiles" -maxcpucount:"$NIX_BUILD_CORES" \
        -p:ContinuousIntegrationBuild=true -p:Deterministic=true -p:OverwriteReadOnlyFiles=true \
        --output "$out/lib/$pname" --configuration Release --no-restore --no-build --runtime "$runtime" \
        $dotnetFlags $dotnetInstallFlags \
        $(self_contained --self-contained '--no-self-contained -p:PublishTrimmed=false') -p:UseAppHost=true
    runHook postInstall
}

# The phases, in the builder's order.

cd "$folder/source"
if [ -n "${dotnetProjectFiles:-}" ]; then
    export NUGET_PACKAGES=$folder/packages DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
    # Nothing that was started is left behind.
    export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false
    dotnetConfigurePhase
    dotnetBuildPhase
    dotnetInstallPhase
    patchelf --shrink-rpath "$out/lib/$pname/$pname"
else
    eval "$installPhase"
fi
runHook postFixup
[ -z "$doInstallCheck" ] || eval "$installCheckPhase"
