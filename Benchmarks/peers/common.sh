# shellcheck shell=bash disable=SC2154
#
# Sourced by the peers' scripts, which set `peer` to their folder: what setup and start have in common.

fail() {
    printf '%s: %s\n' "$(basename "$peer")" "$*" >&2
    exit 1
}

# need VARIABLE…: the environment that start and fill are called with. PEER_DATA is absolute afterwards.
need() {
    local name
    for name in "$@"; do
        if [ -z "${!name:-}" ]; then fail "$name is not set; see Benchmarks/peers/README.md for what it should be"; fi
    done
    if [ -n "${PEER_DATA:-}" ]; then PEER_DATA=$(cd "$PEER_DATA" && pwd); fi
}

updated=false
apt() {
    if ! $updated && [ -z "$(find /var/lib/apt/lists -name '*_Packages*' -mtime -7 -print -quit 2>/dev/null)" ]; then
        apt-get -qq update >&2
    fi
    updated=true
    apt-get -qq --option Dpkg::Use-Pty=0 "$@" >&2
}

# debian_packages PACKAGE…: installs what is missing. No server that comes with a package is started.
debian_packages() {
    local package missing=()
    for package in "$@"; do
        if [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
            missing+=("$package")
        fi
    done
    if [ ${#missing[@]} -eq 0 ]; then return; fi
    if [ "$(id -u)" -ne 0 ]; then fail "as root: apt-get install --no-install-recommends ${missing[*]}"; fi
    local policy=/usr/sbin/policy-rc.d made=false
    if [ ! -e $policy ]; then
        made=true
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod 755 $policy
    fi
    local status=0
    DEBIAN_FRONTEND=noninteractive apt --yes --no-remove install --no-install-recommends "${missing[@]}" || status=$?
    if $made; then rm -f $policy; fi
    if [ $status -ne 0 ]; then fail "apt-get could not install ${missing[*]}"; fi
}

# unpacked_packages FOLDER PACKAGE…: the files of Debian packages in a folder of ours, nothing installed. For packages
# that need nothing but their files and whose dependencies would replace a program of the machine.
unpacked_packages() {
    local folder=$1
    shift
    if [ -e "$folder/complete" ] && [ "$(cat "$folder/complete")" = "$*" ]; then return; fi
    rm -rf "$folder"
    mkdir -p "$folder/downloads"
    # apt drops its rights for downloads and needs a folder that others may write to.
    chmod 777 "$folder/downloads"
    (cd "$folder/downloads" && apt download "$@")
    local file
    for file in "$folder"/downloads/*.deb; do dpkg-deb --extract "$file" "$folder"; done
    rm -r "$folder/downloads"
    echo "$*" >"$folder/complete"
}

# python_environment FOLDER REQUIREMENTS: a virtual environment with the versions that the file names.
python_environment() {
    if cmp --silent "$2" "$1/complete"; then return; fi
    rm -rf "$1"
    # Debian's python3 comes without the module that makes them.
    if ! python3 -c 'import ensurepip' 2>/dev/null; then debian_packages python3 python3-venv; fi
    python3 -m venv "$1"
    "$1/bin/pip" install --quiet --disable-pip-version-check --requirement "$2" >&2
    cp "$2" "$1/complete"
}

# prepare_chat: tables, users and channels of the peers that keep their own messages.
prepare_chat() {
    psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --set users="$PEER_USERS" --set channels="$PEER_CHANNELS" \
        --file "$peer/../chat/schema.sql" "$PEER_POSTGRES"
}

# fill_chat N: N messages in channel c0 of those peers.
fill_chat() {
    need PEER_POSTGRES
    if [[ ! ${1:-} =~ ^[0-9]+$ ]]; then fail "usage: fill N"; fi
    psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --set count="$1" --file "$peer/../chat/fill.sql" "$PEER_POSTGRES"
}

# launch COMMAND…: one more process for serve to look after, with as many open files as we may give it.
servers=()
launch() {
    ulimit -n "$(ulimit -Hn)"
    "$@" &
    servers+=($!)
}

# serve TEST: says READY as soon as TEST succeeds, and ends when we are told to or one of the processes has ended; then all
# are told to end, and waited for.
serve() {
    local server status=0 told=false
    trap 'told=true; kill -TERM "${servers[@]}" 2>/dev/null || true' TERM INT
    until "$1"; do
        for server in "${servers[@]}"; do
            if ! kill -0 "$server" 2>/dev/null; then
                kill -TERM "${servers[@]}" 2>/dev/null || true
                wait
                if $told; then exit 0; fi
                fail "the server ended before it was ready"
            fi
        done
        sleep 0.1
    done
    if ! $told; then echo READY; fi
    wait -n "${servers[@]}" || status=$?
    if ! $told; then kill -TERM "${servers[@]}" 2>/dev/null || true; fi
    # A signal ends `wait` before the server has ended.
    for server in "${servers[@]}"; do
        while kill -0 "$server" 2>/dev/null; do wait "$server" || true; done
    done
    if $told; then exit 0; fi
    fail "the server ended by itself, with $status"
}

# listening PORT: whether somebody accepts connections there.
listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# serve_uvicorn APP: the peer's ASGI application in two workers, each of which says in a file that it is up.
serve_uvicorn() {
    rm -f "$PEER_DATA"/worker-*
    # Called by serve.
    # shellcheck disable=SC2317
    workers_up() { [ "$(find "$PEER_DATA" -name 'worker-*' | wc -l)" -eq 2 ]; }
    # Messages are too short to gain by compression, and an access log is work that the others do not do.
    export PYTHONPATH=$peer:$peer/../chat
    launch "$peer/.venv/bin/uvicorn" "$1" --workers 2 \
        --host 127.0.0.1 --port "$PEER_PORT" --backlog 4096 --loop uvloop --http httptools --ws websockets-sansio \
        --ws-per-message-deflate false --ws-max-size 65536 --timeout-keep-alive 75 --timeout-graceful-shutdown 2 \
        --log-level warning --no-access-log
    serve workers_up
}
