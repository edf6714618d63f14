public import ArgumentParser
public import Configuration
public import Control
public import Operations

// Values as the command line has them.

extension HostName: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension Control.LogLevel: ExpressibleByArgument {}
extension HookConfiguration.Trigger: ExpressibleByArgument {}
extension CheckConfiguration.OnError: ExpressibleByArgument {}

/// A duration, as `30s`.
struct DurationArgument: ExpressibleByArgument {
  let inMilliseconds: Int

  init(milliseconds: Int) { inMilliseconds = milliseconds }
  init?(argument: String) {
    guard let value = milliseconds(ofDuration: argument) else { return nil }
    inMilliseconds = value
  }

  var defaultValueDescription: String { durationText(milliseconds: inMilliseconds) }
}
