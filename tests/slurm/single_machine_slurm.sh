#!/usr/bin/env bash
# A real Slurm for the time of one command: munged, slurmctld and three slurmd on this machine's loopback interface.
#
#   single_machine_slurm.sh install          Debian's packages, where they are missing; says in one line why it cannot
#   single_machine_slurm.sh run COMMAND...   runs COMMAND where sbatch, srun and squeue find that Slurm; its exit code
#
# Needs root. Configuration, keys, state and logs are in a folder that goes with COMMAND; nothing of the machine's own
# configuration is read or changed. Cores and memory of the nodes are declarations, and may exceed what there is.
# Partitions: "debug", and "closed", whose jobs wait for ever.
set -euo pipefail

NODES=3 CORES=4 MEGABYTES=8000

fail() {
    echo "single_machine_slurm.sh: $*" >&2
    exit 1
}

have_slurm() {
    type slurmctld slurmd munged runuser >/dev/null 2>&1
}

install() {
    have_slurm && return
    command -v apt-get >/dev/null || fail "slurmctld is missing, and no apt-get to install it with"
    { timeout 60 apt-get -qq update && timeout 240 apt-get -qq -y --no-install-recommends install slurm-wlm munge; } \
        >&2 || fail "apt-get cannot install slurm-wlm and munge"
}

write_configuration() {
    local host port
    host=$(hostname -s)
    port=$((20000 + RANDOM % 10000))
    cat >"$SLURM_CONF" <<END
ClusterName=thalia-dask
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$FOLDER/munge.socket
# without these two it listens on all interfaces
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPidFile=$FOLDER/slurmctld.pid
SlurmctldLogFile=$FOLDER/slurmctld.log
StateSaveLocation=$FOLDER/state
SlurmdPidFile=$FOLDER/slurmd.%n.pid
SlurmdLogFile=$FOLDER/slurmd.%n.log
SlurmdSpoolDir=$FOLDER/spool.%n
SlurmdParameters=config_overrides
# no control groups, no database, no MPI
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0
ReturnToService=2
KillWait=3
NodeName=n[1-$NODES] NodeHostname=$host NodeAddr=127.0.0.1 Port=[$((port + 1))-$((port + NODES))] CPUs=$CORES CoresPerSocket=$CORES RealMemory=$MEGABYTES
# LLN: the next job goes to the node with the least to do, so that jobs are spread
PartitionName=debug Nodes=n[1-$NODES] Default=YES LLN=YES MaxTime=00:20:00 State=UP
PartitionName=closed Nodes=n[1-$NODES] MaxTime=00:20:00 State=DOWN
END
}

start() {
    local i
    mkdir "$FOLDER/state"
    write_configuration
    head -c 1024 /dev/urandom >"$FOLDER/munge.key"
    chmod 600 "$FOLDER/munge.key"
    munged --socket="$FOLDER/munge.socket" --key-file="$FOLDER/munge.key" --pid-file="$FOLDER/munged.pid" \
        --log-file="$FOLDER/munged.log" --seed-file="$FOLDER/munge.seed" || fail "munged does not start"
    slurmctld
    for i in $(seq "$NODES"); do
        mkdir "$FOLDER/spool.n$i"
        slurmd -N "n$i"
    done
    for _ in $(seq 150); do
        timeout 3 sinfo -h -p debug -o '%t %D' 2>/dev/null | grep -qx "idle $NODES" && return
        sleep 0.1
    done
    tail -n 5 "$FOLDER"/*.log >&2
    fail "its nodes are not idle after 15 s; the ends of the logs are above"
}

running() {
    [ -d "/proc/$1" ] && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

stop() {
    local file pid
    timeout 5 scancel --user=root 2>/dev/null || true
    for _ in $(seq 80); do
        [ -n "$(timeout 3 squeue -h 2>/dev/null)" ] || break
        sleep 0.1
    done
    for file in "$FOLDER"/slurmd.*.pid "$FOLDER/slurmctld.pid" "$FOLDER/munged.pid"; do
        [ -f "$file" ] || continue
        pid=$(cat "$file")
        kill "$pid" 2>/dev/null || true
        for _ in $(seq 50); do
            running "$pid" || break
            sleep 0.1
        done
        running "$pid" && kill -9 "$pid"
    done
    rm -rf "$FOLDER"
}

[ "$(id -u)" = 0 ] || fail "slurmctld and slurmd need root"
case ${1:-} in
install) install ;;
run)
    shift
    have_slurm || fail "slurmctld, slurmd or munged is missing; run 'single_machine_slurm.sh install'"
    FOLDER=$(mktemp -d)
    chmod 755 "$FOLDER"
    export SLURM_CONF="$FOLDER/slurm.conf" THALIA_DASK_SLURM=1
    trap stop EXIT
    start
    "$@"
    ;;
*) fail "usage: single_machine_slurm.sh install | run COMMAND..." ;;
esac
