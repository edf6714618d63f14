/// The Varlink interfaces that carpd speaks, as introspection answers with them.
public enum InterfaceDescription {
  /// carpd's own interface.
  public static let controlName = "io.carpd.Control"
  /// The interface that every Varlink service has.
  public static let serviceName = "org.varlink.service"

  /// The text of an interface; nil if carpd does not have it.
  public static func named(_ name: String) -> String? {
    switch name {
    case controlName: control
    case serviceName: service
    default: nil
    }
  }

  private static let control = """
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
      transitions: int
    )

    # The counters of FreeBSD's netstat -s -p carp, of one interface, since the start.
    type Counters (
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
      counters: Counters
    )

    # The daemon itself.
    type Daemon (
      version: string,
      # The sum of all demotions.
      demotion: int,
      # How often timers ran so late that the daemon listened before it spoke.
      late_timers: int,
      # The number of the configuration in force, from 1; each reload that succeeds adds one.
      generation: int
    )

    # Everything there is to see.
    method Show() -> (virtual_hosts: []VirtualHost, interfaces: []Interface, daemon: Daemon)

    """

  private static let service = """
    # The Varlink service interface: what a service is and which interfaces it has.
    interface org.varlink.service

    # Who this is, and the names of its interfaces.
    method GetInfo() -> (
      vendor: string,
      product: string,
      version: string,
      url: string,
      interfaces: []string
    )

    # The description of one interface.
    method GetInterfaceDescription(interface: string) -> (description: string)

    # The interface is not one of this service.
    error InterfaceNotFound (interface: string)

    # The interface has no such method.
    error MethodNotFound (method: string)

    # The method is described but not implemented.
    error MethodNotImplemented (method: string)

    # A parameter is missing, of the wrong type or out of its range.
    error InvalidParameter (parameter: string)

    """
}
