// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6), .strictMemorySafety(), .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Tests keep the language mode, but `#expect` cannot mark an expression `unsafe`.
let tests: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

// The wall is drawn here: nothing that `carpd` and `carpd-launcher` (the privileged programs) link may depend on CARP, Election, Engine,
// Configuration, Control or a package.
let package = Package(
  name: "carpd",
  products: [
    .executable(name: "carpd", targets: ["carpd"]),
    .executable(name: "carpd-launcher", targets: ["carpd-launcher"]),
    .executable(name: "carpd-engine", targets: ["carpd-engine"]),
    .executable(name: "carpctl", targets: ["carpctl"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
  ],
  targets: [
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CCapability", pkgConfig: "libcap", providers: [.apt(["libcap-dev"])]),
    .systemLibrary(
      name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),

    // The privileged side.
    .target(name: "Linux", dependencies: ["CLinux"], swiftSettings: strict),
    .target(name: "Channel", dependencies: ["Linux"], swiftSettings: strict),
    .target(
      name: "Confinement", dependencies: ["Linux", "CLinux", "CCapability", "CSeccomp"],
      swiftSettings: strict),
    .target(
      name: "Launcher", dependencies: ["Linux", "CLinux", "Confinement", "CSeccomp", "Channel"],
      swiftSettings: strict),
    .target(
      name: "Supervisor",
      dependencies: ["Linux", "CLinux", "Confinement", "Channel"],
      swiftSettings: strict),
    .executableTarget(
      name: "carpd", dependencies: ["Supervisor", "Confinement"], swiftSettings: strict),
    .executableTarget(name: "carpd-launcher", dependencies: ["Launcher", "Linux"], swiftSettings: strict),

    // The unprivileged side.
    .target(name: "CARP", swiftSettings: strict),
    .target(name: "Election", dependencies: ["CARP"], swiftSettings: strict),
    .target(name: "Configuration", swiftSettings: strict),
    .target(name: "Audit", dependencies: [crypto], swiftSettings: strict),
    .target(name: "Control", dependencies: ["Linux"], swiftSettings: strict),
    .target(
      name: "Operations", dependencies: ["Configuration", "Control", "Linux", "CLinux"], swiftSettings: strict),
    .target(name: "ChildConfinement", dependencies: ["Confinement"], swiftSettings: strict),
    .target(
      name: "Engine",
      dependencies: [
        "CARP", "Election", "Channel", "Control", "Configuration", "ChildConfinement", "Confinement", "Linux", "Audit",
        crypto,
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "carpd-engine", dependencies: ["Engine", "Linux"], swiftSettings: strict),
    .executableTarget(
      name: "carpctl", dependencies: ["Control", "Operations", "Configuration", "Linux", "Audit", arguments],
      swiftSettings: strict),

    // Takes the engine's place in Tests/hostile and tries what it must not; never a product.
    .systemLibrary(name: "CEvil", path: "Sources/carpd-evil/CEvil"),
    .executableTarget(
      name: "carpd-evil",
      dependencies: ["Engine", "Channel", "ChildConfinement", "Confinement", "Launcher", "Linux", "CLinux", "CEvil"],
      exclude: ["CEvil"], swiftSettings: tests),

    .testTarget(
      name: "CARPTests", dependencies: ["CARP", crypto], swiftSettings: tests),
    .testTarget(name: "ElectionTests", dependencies: ["Election", "CARP"], swiftSettings: tests),
    .testTarget(name: "ConfigurationTests", dependencies: ["Configuration"], swiftSettings: tests),
    .testTarget(
      name: "AuditTests", dependencies: ["Audit", "Engine", "Channel", "Linux", crypto], swiftSettings: tests),
    .testTarget(
      name: "ChannelTests", dependencies: ["Channel", "Linux", "Supervisor"], swiftSettings: tests),
    .testTarget(name: "ControlTests", dependencies: ["Control"], swiftSettings: tests),
    .testTarget(
      name: "OperationsTests", dependencies: ["Operations", "Configuration", "Control", "Linux"], swiftSettings: tests),
    .testTarget(
      name: "EngineTests", dependencies: ["Engine", "CARP", "Control", "Channel"],
      swiftSettings: tests),
  ]
)
