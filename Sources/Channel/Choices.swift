// The closed choices that messages are made of, by their numbers on the wire.

/// IPv4 or IPv6.
public enum Family: UInt8, CaseIterable, Sendable, Field {
  case ipv4 = 4
  case ipv6 = 6
}

/// What the engine may have the supervisor log: a code with numbers, never text of its own.
public enum NoteCode: UInt8, CaseIterable, Sendable, Field {
  /// a = old state * 256 + new state, b = reason.
  case transition = 1
  /// a = rejection (netstat counter), b = how many since the last note; address = source.
  case rejected
  /// a = 1 begins, 0 ends; address = source.
  case peerMismatch
  /// a = family (4, 6), b = 1 silent, 0 heard again.
  case familySilent
  /// a = version nibble, b = vhid/VRID on the wire; address = source.
  case foreignProtocol
  /// a = milliseconds late.
  case ranLate
  /// A packet of our own came back; address = source.
  case looped
  /// a = demotion delta, b = reason * 2^24 + sum (24 bits); delta and sum in two's complement.
  case demoted
}

/// Why a request was not carried out.
public enum Denial: UInt8, CaseIterable, Sendable, Field {
  case none = 0
  case wrongPhase, noSuchObject, notHeld, betterThanConfigured, bowOutForbidden, repeatedCounter, rate
  case holdDown, linkDown, auditUnavailable, notAdministrator, failed
}

/// The roles of `carpd-engine`, as the launcher knows them.
public enum Role: UInt8, CaseIterable, Sendable, Field {
  case engine = 1
  case auditor, config
  public var name: String { "\(self)" }
}

/// Which MAC address a virtual host's addresses answer with: 00:00:5e:00:01:VHID on a macvlan of carpd's own (CARP
/// section 1), or the interface's own.
public enum MACMode: UInt8, Sendable, Field { case virtual, interface }

/// Where a key comes from: the bytes are the key itself, or name a file in the directory of secrets, or a systemd
/// credential.
public enum SecretKind: UInt8, Sendable, Field { case none, key, file, credential }

/// What an interface of the policy is at the moment. An unusable one is up but cannot serve: it is not Ethernet, or its
/// sockets could not be opened.
public enum LinkCondition: UInt8, Sendable, Field { case absent, down, noCarrier, up, unusable }

/// The election socket carries what the kernel's filter found worth an election; diagnosis the rest of protocol 112.
public enum SocketKind: UInt8, CaseIterable, Sendable, Field { case election, diagnosis }

/// What only an administrator may ask of the control socket.
public enum ControlAct: UInt8, CaseIterable, Sendable, Field {
  case demote = 1
  case undemote, maintenance, promote, yield, reload, setLogLevel, auditHead
  public var name: String { "\(self)" }
}

/// Severity, by syslog's numbers.
public enum LogLevel: UInt8, CaseIterable, Sendable, Field {
  case error = 3
  case warning, notice, info
  public var name: String { "\(self)" }
}

/// What a privileged act is, in the audit log.
public enum ActKind: UInt8, CaseIterable, Sendable, Field {
  case capabilityDrop = 1
  case spawn, childEnded, socket, membership, filter
  case linkMade, linkRemoved, linkSet, linkUp, linkDown, sysctl
  case addressAdded, addressDeleted, routeAdded, routeRemoved, announcement, advertisements
  case acquire, release, bowOut, denial, violation, policy, reload, connection, stall, adopted, auditLoss, stop
  case administration

  /// The word in the log.
  public var name: String { "\(self)" }
}

/// Whether an act was carried out. An intent is about to be: its outcome follows as a record of its own.
public enum ActDecision: UInt8, CaseIterable, Sendable, Field {
  case intent, allow, deny, error
  public var name: String { "\(self)" }
}

/// Who wanted it.
public enum ActOrigin: UInt8, CaseIterable, Sendable, Field {
  case supervisor, engine, kernel, administrator
  public var name: String { "\(self)" }
}
