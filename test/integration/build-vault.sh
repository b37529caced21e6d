#!/bin/sh
# Builds HashiCorp Vault 1.21.4 from the Go proxy to .cache/vault/bin/vault, which vault.test.ts uses: a quarter of an hour on two cores.
# Its go.mod takes its own SDK from its repository, which a module download does not hold; the released SDK differs in three places.
set -eu
cache="$(cd "$(dirname "$0")/../.." && pwd)/.cache/vault"
mkdir -p "$cache/build" "$cache/bin"
cd "$cache/build"
printf 'module vaultd\n\ngo 1.26\n' > go.mod
printf 'package main\n\nimport (\n\t"os"\n\n\t"github.com/hashicorp/vault/command"\n)\n\nfunc main() { os.Exit(command.Run(os.Args[1:])) }\n' > main.go
go get github.com/hashicorp/vault@v1.21.4
go mod tidy
rm -rf source
cp -r "$(go list -m -f '{{.Dir}}' github.com/hashicorp/vault)" source
chmod -R u+w source
sed -i '/^replace github.com\/hashicorp/d' source/go.mod
sed -i 's/ActivationFunc: iStore.activateDeduplication,/ActivationFunc: func(ctx context.Context, req *logical.Request, _ string) error { return iStore.activateDeduplication(ctx, req) },/' source/vault/identity_store.go
sed -i 's/ActivationFunc(ctx, nil)/ActivationFunc(ctx, nil, "")/' source/vault/logical_system_activation_flags.go
sed -i 's/restoredKeyName, err := b.lm.RestorePolicy(/restoredKeyName := keyName\n\terr := b.lm.RestorePolicy(/' source/builtin/logical/transit/path_restore.go
go mod edit -require github.com/hashicorp/vault/sdk@v0.21.0 -replace github.com/hashicorp/vault=./source
go build -mod=mod -o "$cache/bin/vault" .
