import CLinux
import Channel
import ChildConfinement
import Glibc
import Linux

/// A process in the engine's place.
///
/// The part is `[daemon] admin-group`: "evil-PART", or "evil-PART-again" for an engine that never learns: otherwise each
/// replacement plays the next variant, four in all, and the fifth behaves. `read-group` is the first variant's number.
/// What must be tried before the configuration comes is named by the program's own file name: "carpd-evil.PART".
enum EvilEngine {
  static func run() -> Int32 {
    let early = fileName().split(separator: ".").dropFirst().joined(separator: ".")
    let rig = Rig()
    let compromised = CompromisedProcess()
    if early != "unconfined" {
      do { try confine(as: "engine") } catch {
        rig.say("cannot confine itself: \(error)")
        return 71
      }
    }
    if early == "before-ready" { rig.heartbeat() }
    if early == "silent-start" { while true { rig.listen(milliseconds: 1000) } }
    rig.send(.ready)
    // The supervisor's examination takes a moment: this comes before it is over.
    if early == "before-configuration" { rig.send(.acquire(group: 0)) }
    guard rig.wait(until: { rig.knowsLink }) else { return 70 }
    guard rig.settings.adminGroup.hasPrefix("evil-") else { rig.behave() }
    var name = String(rig.settings.adminGroup.dropFirst(5))
    let again = name.hasSuffix("-again")
    if again { name = String(name.dropLast(6)) }
    // Every life begins with taking one group more, so that their number tells which life this is.
    let life = rig.held.count
    if !again && life >= 4 {
      rig.say("done")
      rig.behave()
    }
    if name != "link-down" && life < rig.hosts.count { rig.acquire(UInt16(life)) }
    rig.heartbeat()
    let variant = (Int(rig.settings.readGroup) ?? 0) + (again ? 0 : life)
    switch name {
    case "malformed":
      if Malformed.variants.indices.contains(variant) { Malformed.play(variant, rig) }
    case "killed":
      if compromised.killed.indices.contains(variant) { compromised.play(compromised.killed[variant]) }
    case "refused": for attempt in compromised.refused { compromised.play(attempt) }
    default:
      if let part = Parts.all[name] { part(rig) } else { rig.say("has no part \(name)") }
    }
    rig.say("done")
    rig.behave()
  }

  /// Says what there is to try, for the tests.
  static func list() -> Int32 {
    let compromised = CompromisedProcess()
    for variant in Malformed.variants { print("malformed \(variant.name)") }
    for attempt in compromised.killed { print("killed \(attempt.name)") }
    for attempt in compromised.refused { print("refused \(attempt.name)") }
    return 0
  }

  private static func fileName() -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { $0.baseAddress.map { readlink("/proc/self/exe", $0, 4095) } ?? 0 }
    let path = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    return String(path.split(separator: "/").last ?? "")
  }
}
