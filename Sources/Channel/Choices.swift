// Closed choices that messages are made of, by their numbers on the wire; their names are the words in the log.

/// IPv4 or IPv6.
public enum Family: UInt8, CaseIterable, Field {
  case ipv4 = 4
  case ipv6 = 6
}

/// Why a request was not carried out.
public enum Denial: UInt8, CaseIterable, Field {
  case none, wrongPhase, noSuchObject, notHeld, betterThanConfigured, bowOutForbidden, repeatedCounter, rate
  case holdDown, linkDown, auditUnavailable, notAdministrator, failed
}

/// The roles of `carpd-engine`, as the launcher knows them.
public enum Role: UInt8, CaseIterable, Field { case engine, auditor, config }

/// Which MAC address a virtual host's addresses answer with: 00:00:5e:00:01:VHID on a macvlan of carpd's own (CARP
/// section 1), or the interface's own.
public enum MACMode: UInt8, CaseIterable, Field { case virtual, interface }

/// Where a key comes from: the bytes are the key itself, or name a file in the directory of secrets, or a systemd
/// credential.
public enum SecretKind: UInt8, CaseIterable, Field { case none, key, file, credential }

/// What an interface of the policy is at the moment. An unusable one is up but cannot serve: it is not Ethernet, or its
/// sockets could not be opened.
public enum LinkCondition: UInt8, CaseIterable, Field { case absent, down, noCarrier, up, unusable }

/// The election socket carries what the kernel's filter found worth an election; diagnosis the rest of protocol 112;
/// foreign what bears a configured virtual MAC address as source and comes from elsewhere.
public enum SocketKind: UInt8, CaseIterable, Field { case election, diagnosis, foreign }

/// What became of a role without the engine's doing: it goes on with it (the addresses are there already); it lost it; or
/// somebody removed a shared address, or the macvlan.
public enum RoleChange: UInt8, CaseIterable, Field { case held, lost, damaged }

/// What a client of the control socket may do.
public enum Access: UInt8, CaseIterable, Field { case none, read, administer }

/// What only an administrator may ask of the control socket.
public enum ControlAct: UInt8, CaseIterable, Field {
  case demote, undemote, maintenance, promote, yield, reload, setLogLevel, auditHead
}

/// Severity, by syslog's numbers.
public enum LogLevel: UInt8, CaseIterable, Field {
  case error = 3
  case warning, notice, info
}

/// What a privileged act is, in the audit log.
public enum ActKind: UInt8, CaseIterable, Field {
  case capabilityDrop, spawn, childEnded, socket, membership, filter
  case linkMade, linkRemoved, linkSet, linkUp, linkDown, sysctl
  case addressAdded, addressDeleted, routeAdded, routeRemoved, announcement, advertisements
  case acquire, release, bowOut, denial, violation, policy, reload, connection, stall, adopted, auditLoss, stop
  case administration
}

/// Whether an act was carried out. An intent is about to be: its outcome follows as a record of its own.
public enum ActDecision: UInt8, CaseIterable, Field { case intent, allow, deny, error }

/// Who wanted it.
public enum ActOrigin: UInt8, CaseIterable, Field { case supervisor, engine, kernel, administrator }
