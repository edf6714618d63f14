import Control

/// What a hook's command learns from its environment.
public enum HookEnvironment {
  /// `base` without what is called `CARP_...`, and the variables of `job`.
  ///
  /// - Parameter base: `NAME=VALUE`, as this process has it.
  public static func of(_ job: HookQueue.Job, base: [String]) -> [String] {
    let event = job.occurrence.event
    let isTransition = event.kind == .transition
    let values: [(String, String?)] = [
      ("EVENT", event.kind.rawValue),
      ("INTERFACE", event.interface),
      ("VHID", event.vhid.map { "\($0)" }),
      ("STATE", isTransition ? event.to : nil),
      ("OLD_STATE", isTransition ? job.oldState : nil),
      ("REASON", event.reason),
      ("TEXT", event.text),
      ("TIME", event.time),
      ("FOUND", job.occurrence.isFound ? "1" : nil),
      ("NUMBER", job.occurrence.isFound ? nil : "\(event.number)"),
      ("SKIPPED", "\(job.skipped)"),
      ("DEMOTION", event.demotion.map { "\($0)" }),
      ("SOURCE", event.source),
      ("FROM", isTransition ? nil : event.from),
      ("TO", isTransition ? nil : event.to),
    ]
    return base.filter { !$0.hasPrefix("CARP_") }
      + values.compactMap { name, value in value.map { "CARP_\(name)=\(printable($0))" } }
  }
}

/// The text without control characters: no terminal and no C string must be led astray by it.
func printable(_ text: String) -> String {
  String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
}
