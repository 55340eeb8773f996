// Makes the compiler accept functions without a body: they are linknames.
