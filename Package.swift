// swift-tools-version: 6.2
import PackageDescription

/// Strict settings for every target: warnings are errors, imports say who sees them.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "covey",
  products: [
    // Linked by the Makefile, which adds the version script and the soname.
    .library(name: "covey", type: .dynamic, targets: ["CoveyABI"])
  ],
  traits: [
    .default(enabledTraits: ["Redis"]),
    .trait(name: "Redis", description: "The layers over Redis; needs hiredis."),
  ],
  targets: [
    .systemLibrary(name: "CCovey"),
    .systemLibrary(name: "CLibwebsockets"),
    .systemLibrary(name: "CLibuv"),
    .systemLibrary(name: "CLibssl"),
    .systemLibrary(name: "CSockets"),
    .systemLibrary(name: "CHiredis"),
    .systemLibrary(name: "CLibcrypto"),
    .systemLibrary(name: "CTestTls", path: "Tests/CTestTls"),
    .target(name: "CoveyCore", swiftSettings: strict),
    .target(
      name: "CoveyTransport",
      dependencies: ["CoveyCore", "CLibwebsockets", "CLibuv", "CLibssl", "CSockets"],
      swiftSettings: strict),
    .target(
      name: "CoveyABI",
      dependencies: [
        "CCovey", "CoveyCore", "CoveyTransport",
        .target(name: "CoveyRedis", condition: .when(traits: ["Redis"])),
      ],
      swiftSettings: strict),
    .target(
      name: "CoveyRedis", dependencies: ["CoveyCore", "CHiredis", "CLibcrypto"],
      swiftSettings: strict),
    // Random histories on the core; run by `make test` and `make soak`.
    .executableTarget(
      name: "simulation", dependencies: ["CoveyCore"], path: "Tests/Simulation",
      swiftSettings: strict),
    // Of random tests.
    .target(name: "SeededNumbers", path: "Tests/SeededNumbers", swiftSettings: strict),
    .testTarget(
      name: "CoveyCoreTests", dependencies: ["CoveyCore", "SeededNumbers"], swiftSettings: strict),
    .testTarget(
      name: "CoveyRedisTests",
      dependencies: [
        "CoveyCore", "SeededNumbers",
        .target(name: "CoveyRedis", condition: .when(traits: ["Redis"])),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "CoveyTests", dependencies: ["CCovey", "CTestTls", "CoveyABI"],
      swiftSettings: strict),
  ]
)
