import CLinux
import Channel
import Glibc
import Linux

/// The engine's end of the channel, in hands that may send anything.
final class Rig {
  static let channel: Int32 = 3

  /// The id of the last message sent.
  var id: UInt32 = 0
  var settings = Settings()
  private(set) var hosts: [VirtualHost] = []
  private(set) var addresses: [(group: UInt16, family: Family)] = []
  /// Groups whose role was handed over or granted.
  var held: Set<UInt16> = []
  private(set) var isUp = false
  /// By request.
  private var results: [UInt32: Denial] = [:]
  private(set) var isShutDown = false

  /// One line on standard error, which reaches carpd's log.
  func say(_ text: String) {
    let bytes = Array("evil: \(text)\n".utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }

  // MARK: Sending

  @discardableResult
  func send(_ message: Message) -> UInt32 {
    id += 1
    raw(message.bytes(id: id))
    return id
  }

  /// Any bytes, as one datagram; waits for room. False if the supervisor has hung up.
  @discardableResult
  func raw(_ bytes: [UInt8], descriptors: [Int32] = []) -> Bool {
    while true {
      do throws(Errno) {
        try sendDatagram(Rig.channel, bytes, descriptors: descriptors)
        return true
      } catch {
        if error.number == EINTR { continue }
        if !error.isAgain && error.number != ENOBUFS { return false }
        var entry = pollfd(fd: Rig.channel, events: Int16(POLLOUT), revents: 0)
        poll(&entry, 1, 100)
      }
    }
  }

  // MARK: Receiving

  /// Takes in what comes within `milliseconds`; ends this process when the supervisor is gone.
  func listen(milliseconds: Int32) {
    let end = EventLoop.now() + UInt64(milliseconds) * 1_000_000
    repeat {
      let left = (Int64(end) - Int64(EventLoop.now())) / 1_000_000
      var entry = pollfd(fd: Rig.channel, events: Int16(POLLIN), revents: 0)
      if poll(&entry, 1, Int32(max(0, left))) <= 0 { return }
      guard let datagram = try? receiveDatagram(Rig.channel, capacity: Packet.capacity, ancillary: 64) else { continue }
      for descriptor in datagram.descriptors { close(descriptor) }
      if datagram.bytes.isEmpty { exit(70) }
      if let packet = try? Packet(bytes: datagram.bytes) { take(packet.message) }
    } while EventLoop.now() < end
  }

  /// Listens until `condition` holds; false after three seconds without.
  func wait(until condition: () -> Bool) -> Bool {
    let end = EventLoop.now() + 3_000_000_000
    while !condition() {
      if EventLoop.now() > end { return false }
      listen(milliseconds: 5)
    }
    return true
  }

  private func take(_ message: Message) {
    switch message {
    case .settings(let value): settings = value
    case .virtualHost(_, _, let host): hosts.append(host)
    case .address(let group, let entry): addresses.append((group, entry.address.family))
    case .role(let group, .held, _): held.insert(group)
    case .link(_, let condition, _, _):
      isUp = condition == .up
      knowsLink = true
    case .result(let request, _, _, let denial, _): results[request] = denial
    case .shutdown: isShutDown = true
    default: break
    }
  }
  private(set) var knowsLink = false

  // MARK: Requests as a genuine engine makes them

  /// The outcome of a request; nil if none comes in 300 ms.
  func outcome(of request: UInt32) -> Denial? {
    let end = EventLoop.now() + 300_000_000
    while EventLoop.now() < end {
      if let denial = results[request] { return denial }
      listen(milliseconds: 5)
    }
    return nil
  }

  @discardableResult
  func acquire(_ group: UInt16) -> Denial? {
    let denial = outcome(of: send(.acquire(group: group)))
    if denial == Denial.none { held.insert(group) }
    return denial
  }

  func advertisement(_ group: UInt16) -> Advertise {
    let host = hosts[Int(group)]
    var request = Advertise()
    request.group = group
    request.family = families(group).first ?? .ipv4
    request.advbase = host.advbase
    request.advskew = host.advskew
    request.counter = UInt64.random(in: 1...UInt64.max)
    return request
  }

  func families(_ group: UInt16) -> [Family] {
    Family.allCases.filter { family in addresses.contains { $0 == (group, family) } }
  }

  /// sleep() is a system call that no role needs, so none has it.
  func pause(milliseconds: Int32) { poll(nil, 0, milliseconds) }

  func heartbeat() { send(.heartbeat(late: 0)) }

  /// Behaves from now on: lives, keeps what it holds by advertising, and stops when told. Never returns.
  func behave(advertising: Bool = true, reading: Bool = true) -> Never {
    var next = EventLoop.now()
    while true {
      heartbeat()
      if advertising && EventLoop.now() >= next {
        next += 500_000_000
        for group in held {
          for family in families(group) {
            var request = advertisement(group)
            request.family = family
            send(.advertise(request))
          }
        }
      }
      if reading { listen(milliseconds: 100) } else { pause(milliseconds: 100) }
      if isShutDown {
        for group in held { send(.bowOut(group: group)) }
        exit(0)
      }
    }
  }
}
