#!/bin/sh
# Makes the namespace and the search attributes that runs are found by, where they are missing. Settings: TEMPORAL_ADDRESS,
# TEMPORAL_NAMESPACE, RETENTION (how long a finished run is kept).
set -eu

# A new server answers before it is ready to be told anything.
again() {
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || exit 1
    sleep 1
  done
}

namespace() {
  temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" > /dev/null 2>&1 ||
    temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
}

attribute() {
  temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE" | grep -qw "$1" ||
    temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$1" --type "$2"
}

again temporal operator cluster health
again namespace
again attribute EnsembleWaiting Bool
again attribute EnsembleUsd Double
echo "namespace $TEMPORAL_NAMESPACE is ready"
