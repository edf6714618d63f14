import Confinement
import Supervisor

// A Swift trap must be a plain signal: the runtime's backtracer would run a program with this process's privileges.
for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] { signal(number, SIG_DFL) }

exit(Supervisor.run(CommandLineOptions.parse(CommandLine.arguments.dropFirst())))
