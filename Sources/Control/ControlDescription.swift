extension InterfaceDescription {
  /// carpd's own interface.
  static let control = """
    # carpd: failover addresses by CARP. What a machine shares, and who answers for it.
    interface io.carpd.Control

    # One virtual host: the addresses that share a vhid.
    type VirtualHost (
      # The interface it is on.
      interface: string,
      # 1 to 255.
      vhid: int,
      state: (INIT, BACKUP, MASTER),
      # Seconds, 0 to 255, as configured.
      advbase: int,
      # In 1/256 seconds, 0 to 254, as configured: demotion is not part of it.
      advskew: int,
      # What raises the advskew that is announced, at the moment.
      demotion: int,
      # With their prefix lengths, as 192.0.2.1/24.
      addresses: []string,
      # When the state was entered: RFC 3339, UTC.
      since: string,
      # Why the state was entered; empty before the first change.
      reason: string,
      # Whether it takes over from a worse master.
      preempt: bool,
      # Whose MAC address answers: the vhid's own or the interface's.
      mac: (virtual, interface),
      # The other machines, with unicast; empty with multicast.
      peers: []string,
      # Whether advertisements are heard that do not verify.
      peer_mismatch: bool,
      # The source address of the master that is listened to; empty if there is none.
      master: string,
      # The families that the master is not heard by, while it is by the other: IPv4, IPv6.
      silent_families: []string,
      # Seconds the kernel keeps the addresses if nobody renews them, as when carpd is killed.
      lease: int,
      # Changes of state since the start.
      transitions: int,
      # Until when advertisements and digests of the configuration before the last reload are accepted too: RFC 3339.
      transition_until: ?string,
      # The [[group]] whose fate it shares.
      group: ?string
    )

    # The counters of FreeBSD's netstat -s -p carp, of one interface, since the start.
    type CounterValues (
      # Packets received by IPv4.
      ipackets: int,
      # Packets received by IPv6.
      ipackets6: int,
      # Discarded for a TTL or hop limit other than 255.
      badttl: int,
      # Shorter than the header.
      hdrops: int,
      # Discarded for a bad checksum.
      badsum: int,
      # Discarded for a version other than CARP's.
      badver: int,
      # Discarded because too short.
      badlen: int,
      # Discarded for bad authentication.
      badauth: int,
      # Discarded because the vhid is not configured here.
      badvhid: int,
      # Received on an interface without a vhid.
      badif: int,
      # Advertisements sent by IPv4.
      opackets: int,
      # Advertisements sent by IPv6.
      opackets6: int,
      # Own advertisements that came back.
      looped: int,
      # Packets that the kernel had no room for.
      overflow: int
    )

    # One interface with virtual hosts.
    type Interface (
      name: string,
      # One of absent, down, no-carrier, up, unusable.
      state: string,
      # What advertisements leave with; empty if there is no address of the family.
      source4: string,
      source6: string,
      counters: CounterValues
    )

    # The daemon itself.
    type Daemon (
      version: string,
      # The sum of all demotions.
      demotion: int,
      # How often timers ran so late that the daemon listened before it spoke.
      late_timers: int,
      # The number of the configuration in force, from 1; each reload that succeeds adds one.
      generation: int,
      # What `demotion` is the sum of, by name.
      demotions: []Demotion,
      # Whether `Maintenance` is on.
      maintenance: bool,
      # Which numbering of events this is, and the number of the last event that is part of what is shown; 0 if none.
      boot: string,
      event: int
    )

    # A demotion of this machine, as a rule because something does not work: it is added to every advskew.
    type Demotion (
      # Unique. Those of carpd's own have a colon: `link:eth0-1`, `send:eth0-1`, `track:eth1`.
      name: string,
      # `carpd` or `uid N`.
      owner: string,
      value: int,
      # For people; may be empty.
      reason: string,
      # RFC 3339, UTC.
      since: string,
      # When it ends by itself, if it does.
      expires: ?string,
      # Whether it ends with the connection that made it.
      held: bool
    )

    # What happened. Events are numbered from 1 by one; `boot` of Events and Daemon tells one numbering from another.
    type Event (
      number: int,
      # RFC 3339, UTC, with milliseconds.
      time: string,
      # transition: a virtual host changed its state. demotion: the sum of all demotions changed. conflict: another
      # machine uses a shared address or its MAC address. mismatch: advertisements that do not verify are heard, or no
      # longer. silence: one family of a master is not heard, or again. link: an interface's condition changed.
      # reload: a configuration took effect. administration: an administrator did something.
      kind: (transition, demotion, conflict, mismatch, silence, link, reload, administration),
      interface: ?string,
      vhid: ?int,
      # States of a transition (INIT, BACKUP, MASTER), or conditions of a link.
      from: ?string,
      to: ?string,
      # For programs: a word or words joined by hyphens, as master-timed-out.
      reason: string,
      # For people.
      text: string,
      # The sum of all demotions after it.
      demotion: ?int,
      # The address of the machine that it came from, or `uid N` of the administrator.
      source: ?string
    )

    # Another machine that was heard on a vhid, by the source address of its advertisements.
    type Peer (
      interface: string,
      vhid: int,
      source: string,
      # Seconds, and 1/256 seconds with the demotion that is part of them, as it announced them last.
      advbase: int,
      advskew: int,
      # The demotion it announced beside them; 0 from FreeBSD and carpd.
      demotion: int,
      # RFC 3339, UTC.
      last_seen: string,
      # Whether its last advertisement had the right digest. If not, the values above are hearsay.
      verified: bool,
      # Whether it is the master that is listened to.
      master: bool
    )

    # All that Show answers with.
    type Snapshot (virtual_hosts: []VirtualHost, interfaces: []Interface, daemon: Daemon)

    # What is wrong with the configuration file, and where. `file` is empty if it is the one carpd was started with.
    type Diagnostic (severity: (error, warning), file: string, line: int, column: int, message: string)

    # Everything there is to see.
    method Show() -> (virtual_hosts: []VirtualHost, interfaces: []Interface, daemon: Daemon)

    # The other machines that were heard: at most 32 of each virtual host, the latest.
    method Peers() -> (peers: []Peer)

    # The counters of each interface.
    method Counters() -> (interfaces: []Interface)

    # The events with a number above `since` (0: all) of those that are kept, which are the last 1000. `first` is the
    # number of the oldest one kept, and `next` the one that the next event will have; both are 1 if there was none.
    method Events(since: int) -> (events: []Event, first: int, next: int, boot: string)

    # Only with `more`. First a snapshot, then each event after it, in order; one of the three at a time. Who reads
    # too slowly is told how many events were missed, in the place of them.
    method Watch() -> (snapshot: ?Snapshot, event: ?Event, missed: ?int)

    # For administrators, as everything below. Demotes this machine by `value` (-255 to 255, though no machine announces
    # itself better than configured) under a name of 1 to 64 letters, digits and `.`, `_`, `-`, `@`; a demotion of the
    # same name is replaced. It ends after `seconds` (1 to 31536000) if given, and if `hold` is true with the connection,
    # else by Undemote. A reason has at most 200 characters. At most 64 such demotions can be there at a time. The sum of
    # all demotions is returned.
    method Demote(name: string, value: int, reason: ?string, seconds: ?int, hold: ?bool) -> (demotion: int)

    # Ends a demotion, whoever made it, but not one of carpd's own. The sum of all others is returned.
    method Undemote(name: string) -> (demotion: int)

    # Begins or ends maintenance: this machine is demoted by 240, every virtual host that is MASTER bows out, and all are
    # the last to take over while it lasts, so that one becomes MASTER again only if no other machine is there. It ends
    # too if carpd or its engine is started anew, as demotions do.
    method Maintenance(enable: bool, reason: ?string) -> ()

    # A virtual host becomes MASTER at once, as by FreeBSD's `ifconfig vhid N state master`. A better master takes the
    # role back, and so soon after a Yield that others may not have taken it yet it is not to be had.
    method Promote(interface: string, vhid: int) -> ()

    # A virtual host gives the role away, as by FreeBSD's `state backup`: it bows out, and waits long enough for others.
    method Yield(interface: string, vhid: int) -> ()

    # Reads the configuration file again. Answers when it is in force, with what is to be warned of.
    method Reload() -> (generation: int, diagnostics: []Diagnostic)

    # What is logged from now on: this and what is more severe.
    method SetLogLevel(level: (error, warning, notice, info)) -> ()

    # The end of the audit log: whether it is being written, the number of the last record in it and its SHA-256 hash
    # in hexadecimal.
    method AuditHead() -> (working: bool, sequence: int, hash: string)

    # The caller may only read.
    error NotAuthorized (method: string, uid: int)

    # There is no such virtual host.
    error NoSuchVirtualHost (interface: string, vhid: int)

    # There is no demotion of this name.
    error NoSuchDemotion (name: string)

    # The configuration in force stays.
    error InvalidConfiguration (diagnostics: []Diagnostic)

    # Too much is asked at a time; to be tried again.
    error Busy ()

    # Not in this state, or not of this; the reason says why and what to do instead.
    error NotPossible (reason: string)

    """
}
