#!/bin/sh
# Makes both databases what this version of the server wants, as often as it is run: a new one is set up, an old one
# updated, a current one left alone. Settings: SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER, SQL_PASSWORD.
set -eu

ready() {
  database=$1
  schema=postgresql/v12/$2
  temporal-sql-tool --database "$database" create-database
  # Setting up twice would set the version back to nothing, so it is done only where there is none.
  if ! said=$(temporal-sql-tool --database "$database" update-schema --schema-name "$schema" 2>&1); then
    case $said in
      *schema_version*'does not exist'* | *'no rows in result set'*)
        temporal-sql-tool --database "$database" setup-schema --version 0.0
        temporal-sql-tool --database "$database" update-schema --schema-name "$schema"
        ;;
      *)
        echo "$said" >&2
        exit 1
        ;;
    esac
  fi
}

ready temporal temporal
ready temporal_visibility visibility
echo 'the databases are ready'
