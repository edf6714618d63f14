import Launcher
import Linux

// A Swift trap must be a plain signal: the runtime's backtracer would run a program with this process's privileges.
for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] { signal(number, SIG_DFL) }

do throws(Errno) { try Launcher(Array(CommandLine.arguments.dropFirst())).run() } catch {
  let text = Array("carpd-launcher: \(error)\n".utf8)
  _ = unsafe write(STDERR_FILENO, text, text.count)
  exit(71)
}
