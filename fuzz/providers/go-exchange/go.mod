module goexchange

go 1.21
