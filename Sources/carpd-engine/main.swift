import Engine
import Glibc

exit(Program.run())
