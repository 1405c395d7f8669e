# The Debian root that a test host boots: built once, kept as a directory, never written to again.
# shellcheck shell=bash

# What a test host is to have on top of the usual packages (eng/testhost --with).
EXTRA_PACKAGES=()

# Sets PACKAGES for the suite: systemd as the main thing, and what a Django site and its operator need.
packages_of() {
    PACKAGES=(systemd systemd-sysv dbus libsystemd0 iproute2 procps curl
        postgresql python3-psycopg2 python3-django gunicorn python3-whitenoise
        python3-djangorestframework python3-django-crispy-forms)
    case $1 in
        bookworm) ;; # has no crispy-bootstrap5
        trixie | forky) PACKAGES+=(python3-crispy-bootstrap5) ;;
        *) usage_error "unknown suite '$1': bookworm, trixie or forky" ;;
    esac
    PACKAGES+=("${EXTRA_PACKAGES[@]}")
}

# What a root of this suite is called: packages asked for on top of the usual ones make it another, beside it.
flavour_of() { printf '%s' "$1" "${EXTRA_PACKAGES[@]/#/+}"; }

# Where the root of a suite is or will be. The name holds a hash of everything that shapes it.
root_directory() {
    local suite=$1 recipe
    packages_of "$suite"
    recipe=$( (printf '%s\n' "${PACKAGES[@]}"; declare -f furnish_root) | sha256sum)
    printf '%s/roots/%s-%s\n' "$CACHE" "$(flavour_of "$suite")" "${recipe:0:12}"
}

# This machine's own Debian mirror, from either format of its apt sources; on other machines nothing, which lets
# debootstrap take its default.
mirror() {
    local uri release component own=''
    # shellcheck disable=SC1091
    own=$(. /etc/os-release && [ "${ID-}" = debian ] && printf '%s' "${VERSION_CODENAME-}") || true
    # shellcheck disable=SC2016
    while read -r uri release component; do
        if [ "$release" = "$own" ] && [ "$component" = main ]; then
            printf '%s\n' "${uri%/}"
            return
        fi
    done < <(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null)
}

# What debootstrap leaves to do: nothing may start that a test did not ask for, and PostgreSQL need not survive a power cut.
furnish_root() {
    local root=$1 unit settings
    rm -f "$root"/var/cache/apt/archives/*.deb "$root"/var/cache/apt/*.bin "$root"/var/lib/apt/lists/*_*
    printf 'LANG=C.UTF-8\n' >"$root/etc/locale.conf"
    # Each boot is a new machine, but no first boot: that one would enable whatever the packages would like to run.
    : >"$root/etc/machine-id"
    touch "$root/etc/.updated" "$root/var/.updated"
    mkdir -p "$root/var/log/journal" "$root/etc/systemd/journald.conf.d"
    printf '[Journal]\nRateLimitIntervalSec=0\nSystemMaxUse=256M\n' >"$root/etc/systemd/journald.conf.d/testhost.conf"
    for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
        fstrim.timer man-db.timer getty.target console-getty.service systemd-firstboot.service \
        systemd-timesyncd.service systemd-networkd.service systemd-logind.service; do
        ln -sf /dev/null "$root/etc/systemd/system/$unit"
    done
    printf '%s\n' '[Service]' 'Type=exec' \
        'ExecStart=/bin/sh -c "systemctl is-system-running --wait >/run/testhost/settled"' \
        >"$root/etc/systemd/system/testhost-settled.service"
    ln -s ../testhost-settled.service "$root/etc/systemd/system/multi-user.target.wants/"
    for settings in "$root"/etc/postgresql/*/main/conf.d; do
        printf 'fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nshared_buffers = 32MB\nmax_connections = 50\n' \
            >"$settings/testhost.conf"
    done
}

# Builds the root of a suite unless it is there, and prints its path. Atomic, and one builder at a time.
ensure_root() {
    local suite=$1 root temporary script='' log mirror flavour
    flavour=$(flavour_of "$suite")
    root=$(root_directory "$suite")
    packages_of "$suite"
    if [ -d "$root" ]; then
        printf '%s\n' "$root"
        return
    fi
    command -v debootstrap >/dev/null ||
        die "$EX_UNAVAILABLE" "no debootstrap, so no root for the test host: run eng/install-missing --testhost"
    { mkdir -p "$CACHE/roots" && [ -w "$CACHE/roots" ]; } 2>/dev/null ||
        die "$EX_UNAVAILABLE" "the cache $CACHE cannot be written to: set PRISM_CACHE to a folder on a disk with 1 GB free"
    exec 8>"$CACHE/roots/lock"
    flock 8
    if [ ! -d "$root" ]; then # else another builder was faster
        rm -rf "$CACHE"/roots/building.*
        # Roots of earlier recipes go, unless a host may be running on one.
        compgen -G "$CACHE/hosts/*/owner" >/dev/null || rm -rf "$CACHE/roots/$flavour"-*
        temporary=$(mktemp -d "$CACHE/roots/building.XXXXXX")
        chmod 755 "$temporary" # it is the / of users other than root, PostgreSQL's for one
        log=$CACHE/roots/$flavour.log
        mirror=$(mirror)
        [ "$suite" != forky ] || script=sid # older debootstraps do not know the name; the recipe is the same
        say "building the root of a $flavour host once, a minute or two (log: $log)"
        if [ -z "${http_proxy-}" ]; then # debootstrap does not read apt's configuration
            eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
            [ -z "${http_proxy-}" ] || export http_proxy
        fi
        if ! quietly "$log" debootstrap --variant=minbase "--include=$(IFS=, && printf '%s' "${PACKAGES[*]}")" \
            "$suite" "$temporary" "$mirror" ${script:+"$script"}; then
            rm -rf "$temporary"
            die "$EX_UNAVAILABLE" "the root of a $flavour host could not be built"
        fi
        furnish_root "$temporary"
        mv "$temporary" "$root"
    fi
    exec 8>&-
    printf '%s\n' "$root"
}
