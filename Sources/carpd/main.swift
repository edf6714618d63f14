import Glibc
import Supervisor

// A Swift trap must be a plain signal: the runtime's backtracer would run a program with this process's privileges.
for signal in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] { Glibc.signal(signal, SIG_DFL) }

// The supervisor starts the launcher with its own options, behind a word of their own.
let arguments = CommandLine.arguments.dropFirst()
let isLauncher = arguments.first == "--launcher"
switch CommandLineOptions.parse(arguments.dropFirst(isLauncher ? 1 : 0)) {
case .run(var options):
  options.isLauncher = isLauncher
  exit(Supervisor.run(options))
case .exit(let code): exit(code)
}
