import Configuration
import Testing

@testable import Operations

struct CheckStateTests {
  private func state(
    rise: Int = 2, fall: Int = 3, _ onError: CheckConfiguration.OnError = .fail
  ) -> CheckState {
    var check = CheckConfiguration.Check(name: "c", command: ["c"])
    (check.rise, check.fall, check.onError) = (rise, fall, onError)
    return CheckState(check)
  }
  private let broken: [CommandEnd] = [.timedOut, .signalled(11), .notStarted(2)]

  @Test(arguments: [CommandEnd.exited(0), .exited(1), .exited(255), .timedOut])
  func theFirstResultDecides(end: CommandEnd) {
    var state = state(rise: 5, fall: 5)
    #expect(state.isFailing == nil)
    let changed = state.take(end)
    #expect(changed && state.isFailing == (end != .exited(0)))
  }

  @Test func fallAndRiseCountResultsInARow() {
    var state = state()
    // s: success, f: failure; what is known after each.
    let steps: [(String, Bool)] = [
      ("s", false), ("f", false), ("f", false), ("s", false), ("f", false), ("f", false), ("f", true), ("s", true),
      ("f", true), ("s", true), ("s", false), ("f", false),
    ]
    for (index, (result, expected)) in steps.enumerated() {
      let before = state.isFailing
      let changed = state.take(.exited(result == "s" ? 0 : 1))
      #expect(state.isFailing == expected, "step \(index)")
      #expect(changed == (before != state.isFailing), "step \(index)")
    }
  }

  @Test func aBrokenCheckFails() {
    for end in broken {
      var state = state(fall: 1)
      _ = state.take(.exited(0))
      let changed = state.take(end)
      #expect(changed && state.isFailing == true)
    }
  }

  @Test func aBrokenCheckIsIgnored() {
    var state = state(rise: 3, fall: 1, .ignore)
    _ = state.take(.exited(1))
    for end in broken { _ = state.take(end) }
    #expect(state.isFailing == false)
  }

  @Test func aBrokenCheckKeepsWhatIsKnown() {
    var state = state(rise: 1, fall: 2, .keep)
    for end in broken {
      let changed = state.take(end)
      #expect(!changed && state.isFailing == nil)
    }
    _ = state.take(.exited(0))
    _ = state.take(.exited(1))
    for end in broken { _ = state.take(end) }
    #expect(state.isFailing == false && state.streak == 1)
    _ = state.take(.exited(1))
    #expect(state.isFailing == true)
  }

  @Test func whatCarpctlStoppedItselfDoesNotCount() {
    var state = state(fall: 1)
    _ = state.take(.exited(0))
    let changed = state.take(.stopped)
    #expect(!changed && state.isFailing == false)
  }
}
