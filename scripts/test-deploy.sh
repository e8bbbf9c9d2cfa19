#!/usr/bin/env bash
# The alert rules: well-formed, and each fires when it should and stays quiet when things are well. Takes promtool
# out of its Debian package when the machine has none.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

need_promtool
promtool check config deploy/prometheus/prometheus.yml
promtool test rules deploy/prometheus/alerts.test.yml
