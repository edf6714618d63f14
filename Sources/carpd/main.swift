import Confinement
import Supervisor

// A Swift trap must be a plain signal: the runtime's backtracer would run a program with this process's privileges.
for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] { signal(number, SIG_DFL) }

// The supervisor starts the launcher with its own options, behind a word of their own.
let arguments = CommandLine.arguments.dropFirst()
let isLauncher = arguments.first == "--launcher"
var options = CommandLineOptions.parse(arguments.dropFirst(isLauncher ? 1 : 0))
options.isLauncher = isLauncher
exit(Supervisor.run(options))
