#!/usr/bin/env bash
# What the tests need besides Python: MariaDB, MySQL, mosquitto, Chromium, a Japanese font, PDF tools, OpenMP.
#   tests/servers.sh install   install what is missing (Debian or Ubuntu, with apt; sudo where not root)
#   tests/servers.sh demo      only what `make demo STACK=real` needs: MariaDB and mosquitto
#
# MySQL comes from Debian's unstable suite, because the stable one has MariaDB only, and is unpacked into a folder of
# its own, $GENBA_MYSQL_HOME (default ~/.cache/genba-mysql), together with the libraries it was built for: nothing of
# the system is replaced. What cannot be had is said in one line; the tests then name the engines they missed.
set -euo pipefail

mysql_home=${GENBA_MYSQL_HOME:-$HOME/.cache/genba-mysql}
PATH=$PATH:/usr/sbin:/usr/local/sbin

say() { echo "servers: $*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }
as_root() { if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi; }

# Package names whose program, font or library is not here.
missing_packages() {
  have "${GENBA_MARIADBD:-mariadbd}" && have mariadb-install-db || echo mariadb-server-core
  have my_print_defaults || echo mariadb-client-core # mariadb-install-db calls it
  have "${GENBA_MOSQUITTO:-mosquitto}" || echo mosquitto
  have chromium || have chromium-browser || have google-chrome || echo chromium
  [[ -n $(find /usr/share/fonts -iname 'ipaexg*' -print -quit 2>/dev/null) ]] || echo fonts-ipaexfont-gothic
  have pdftotext || echo poppler-utils
  have systemd-analyze || echo systemd # looks at our service files
  ldconfig -p 2>/dev/null | grep -q libgomp.so.1 || echo libgomp1
}

# The missing packages whose names match a pattern.
install_packages() {
  local wanted=() found=() package
  mapfile -t wanted < <(missing_packages | grep -E "$1" || true)
  ((${#wanted[@]})) || return 0
  if [[ $(id -u) != 0 ]] && ! have sudo; then
    say "not root and no sudo; ask an administrator for: ${wanted[*]}"
    return 0
  fi
  as_root apt-get -qq update || say "apt-get update failed; trying with the lists at hand"
  for package in "${wanted[@]}"; do
    if apt-cache show "$package" >/dev/null 2>&1; then found+=("$package"); else say "no package $package here"; fi
  done
  ((${#found[@]})) || return 0
  say "installing ${found[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${found[@]}" >/dev/null ||
    say "could not install ${found[*]}; install them by hand, or run the tests in a Debian container (Docker)"
}

have_mysql() {
  [[ -x $mysql_home/mysqld ]] && return
  local program
  program=$(command -v "${GENBA_MYSQLD:-mysqld}") || return
  [[ $(readlink -f "$program") != *mariadbd ]] # MariaDB brings a mysqld of its own
}

# apt with one source only, and lists and packages of its own, so that the system's stay as they are.
private_apt() {
  local command=$1
  shift
  "$command" -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o "Dir::State::Lists=$work/lists" -o Dir::State::Status=/dev/null -o "Dir::Cache=$work/cache" \
    -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}

unpack_mysql() {
  local archive keys=/usr/share/keyrings/debian-archive-keyring.gpg packages deb loader
  archive=$(apt-get indextargets --format '$(REPO_URI)' | grep -m 1 -E '/debian/?$' || true)
  [[ -n $archive ]] || { say "no Debian archive among apt's sources"; return 1; }
  mkdir -p "$work"/{lists/partial,cache/archives/partial,debs,root}
  echo "deb [signed-by=$keys] $archive unstable main" >"$work/sources.list"
  private_apt apt-get -qq update >&2
  mapfile -t packages < <(private_apt apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
    --no-breaks --no-replaces --no-enhances mysql-server-core | grep -E '^[a-z0-9]' | sort -u)
  (cd "$work/debs" && private_apt apt-get -qq download "${packages[@]}" >&2)
  for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$work/root"; done
  loader=$(cd "$work" && find root/usr/lib -name 'ld-linux*.so.*' -print -quit)
  [[ -n $loader && -x $work/root/usr/sbin/mysqld ]] || { say "the packages hold no mysqld"; return 1; }
  rm -rf "$mysql_home/root"
  mkdir -p "$mysql_home"
  mv "$work/root" "$mysql_home/root"
  # With the C library it was built for. Options that follow the fixed ones win.
  cat >"$work/mysqld" <<EOF
#!/bin/sh
exec "$mysql_home/$loader" --library-path "$mysql_home/$(dirname "$loader")" "$mysql_home/root/usr/sbin/mysqld" \\
  --no-defaults --basedir="$mysql_home/root/usr" --lc-messages-dir="$mysql_home/root/usr/share/mysql" \\
  --plugin-dir="$mysql_home/root/usr/lib/mysql/plugin" --secure-file-priv= --mysqlx=OFF "\$@"
EOF
  chmod +x "$work/mysqld"
  "$work/mysqld" --version >&2 || { say "the unpacked mysqld does not run"; return 1; }
  mv "$work/mysqld" "$mysql_home/mysqld" # last: its presence says that all is there
}

install_mysql() {
  have_mysql && return
  say "unpacking MySQL into $mysql_home (about 65 MB to fetch, once)"
  work=$(mktemp -d)
  # In a shell of its own: -e does not work inside a condition.
  if ! (set +e; export -f say private_apt unpack_mysql; export work mysql_home; bash -euo pipefail -c unpack_mysql); then
    say "no MySQL here: it needs apt on Debian and its archive; tests will skip MySQL. Or name a mysqld in GENBA_MYSQLD"
  fi
  rm -rf "$work"
}

case ${1:-} in
install)
  if ! have apt-get; then
    say "no apt here; install MariaDB, MySQL 8.4 or newer, mosquitto, Chromium, IPAex Gothic and poppler yourself," \
      "or run the tests in a Debian container (Docker)"
    exit 0
  fi
  install_packages .
  install_mysql
  ;;
demo) ! have apt-get || install_packages '^(mariadb|mosquitto)' ;; # without apt the demo itself says what is missing
*)
  sed -n '2,4s/^# \{0,1\}//p' "$0" >&2
  exit 2
  ;;
esac
