#!/bin/sh
# `client.sh FOLDER ARGUMENT …`: has the tracer that serves the folder run a request, as if it were a process of its own.
folder=$1
shift
request=$(mktemp -d "$folder/XXXXXX")
mkfifo "$request/out" "$request/err"
printf '%s\0' "$PWD" "$@" >"$request/arguments"
env -0 >"$request/environment"
# A signal is for the tracer: what it still prints is to arrive.
(trap '' TERM INT; exec cat "$request/out") &
(trap '' TERM INT; exec cat "$request/err") >&2 &
trap 'kill -TERM "$(cat "$request/server")"' TERM INT
: >"$request/ready"
while [ ! -e "$request/status" ]; do sleep 0.1; done
wait
exit "$(cat "$request/status")"
