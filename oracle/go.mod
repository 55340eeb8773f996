// Every build names one of minors/*/go.mod; see README.md. This file only
// tells Go where the module begins.
module github.com/pullproof/oracle

go 1.24.0
