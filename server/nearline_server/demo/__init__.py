"""A typist at human pace in front of the real server over stdio: what `nearline demo` shows and the benches replay."""
