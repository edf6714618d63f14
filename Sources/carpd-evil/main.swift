import Engine
import Glibc

// A test program that `carpd --engine` is given instead of carpd-engine. As the config role and the auditor it is the
// genuine one, as the engine it plays the part that `admin-group` in the configuration names.
func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

switch variable("CARPD_ROLE") {
case "engine": exit(EvilEngine.run())
case "evil-config": exit(CompromisedProcess.runAsConfig())
case "evil-launcher": exit(CompromisedLauncher.run())
case nil where CommandLine.arguments.dropFirst().first == "--list": exit(EvilEngine.list())
default: exit(Program.run())
}
