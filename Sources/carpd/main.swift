import Glibc
import Launcher
import Supervisor

// A Swift trap must be a plain signal: the runtime's backtracer would run a program with this process's privileges.
for signal in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] { Glibc.signal(signal, SIG_DFL) }

let arguments = Array(CommandLine.arguments.dropFirst())
if arguments.first == "--launcher" {
  guard let settings = LauncherSettings(arguments: Array(arguments.dropFirst())) else { exit(ExitCode.usage) }
  do {
    try Launcher.run(settings)
    exit(0)
  } catch {
    complain("carp: error: the launcher could not confine itself: \(error)")
    exit(ExitCode.system)
  }
}
switch CommandLineOptions.parse() {
case .run(let options): exit(Supervisor.run(options))
case .exit(let code): exit(code)
}
