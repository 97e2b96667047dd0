#!/bin/sh
# Make Genba's database users, and set their passwords from files.
#   users.sh FOLDER [client options]     FOLDER holds gateway-, learner-, reader-, sql-password
# Needs rights to create users: as root on the database's own box, or for example: users.sh FOLDER -h HOST -u root -p
# MYSQL_PWD, as everywhere, is the password of the one who asks.
set -eu
[ $# -ge 1 ] || { sed -n '2,5p' "$0" >&2; exit 2; }
folder=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
client=$(command -v mariadb || command -v mysql) || { echo "users.sh: no mysql or mariadb client here; install mariadb-client" >&2; exit 1; }

passwords() {
  for user in gateway learner reader sql; do
    file=$folder/$user-password
    [ -s "$file" ] || { echo "users.sh: $file is missing or empty; make it with: openssl rand -hex 24 >$file" >&2; exit 2; }
    password=$(cat "$file")
    case $password in
    *[!A-Za-z0-9]*) echo "users.sh: $file: letters and digits only; make it with: openssl rand -hex 24 >$file" >&2; exit 2 ;;
    esac
    echo "ALTER USER 'genba_$user'@'%' IDENTIFIED BY '$password' ACCOUNT UNLOCK;"
  done
}

statements=$(cat "$here/users.sql" && passwords)
# On standard input: a password never stands in a process list.
printf '%s\n' "$statements" | "$client" "$@"
