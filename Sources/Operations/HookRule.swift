public import Configuration
import Control

extension HookConfiguration.Rule {
  /// Whether the command is to be run for it.
  public func matches(_ occurrence: Occurrence) -> Bool {
    let event = occurrence.event
    guard interface == nil || interface == event.interface, vhid == nil || vhid == event.vhid else { return false }
    let trigger: HookConfiguration.Trigger? =
      switch event.kind {
      case .transition: event.to.flatMap { HookConfiguration.Trigger(rawValue: $0) }
      default: HookConfiguration.Trigger(rawValue: event.kind.rawValue)
      }
    return trigger.map(on.contains) ?? false
  }
}
