// swift-tools-version: 6.1
import PackageDescription

// The targets stand in the order in which data flows through them; each imports only targets above itself.
let package = Package(
  name: "crmsync",
  products: [
    .executable(name: "crmsync", targets: ["crmsync"]),
    .executable(name: "maas", targets: ["ExternalMAAS"]),
    .executable(name: "fence_maas", targets: ["FenceMAAS"]),
    // For other programs.
    .library(name: "CrmsyncPlanning", targets: ["CrmsyncPlanning"]),
    .library(name: "MAASClient", targets: ["MAASClient"]),
  ],
  dependencies: [
    // Option parsing, help and completions. Apple's own, no dependencies; costs 1 ms of start-up when run synchronously.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    // Debian's libxml2: the parser that Pacemaker itself uses, so that both read the same. SAX, not its tree.
    .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    // Debian's libyaml: 1 MB where Yams brings Foundation and 50 MB, and it gives the place of every scalar.
    .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),

    // Debian's libcurl (GnuTLS), liboauth and json-c: HTTP, OAuth 1.0 and JSON in 3 ms and no megabytes, where
    // FoundationNetworking would bring 30 MB. Their headers alone: they are loaded when a verb first needs them.
    .systemLibrary(
      name: "CNetworking", providers: [.apt(["libcurl4-gnutls-dev", "liboauth-dev", "libjson-c-dev"])]),

    // What Swift's Glibc leaves out.
    .systemLibrary(name: "CGlibc"),

    // XML elements as values.
    .target(name: "XML", dependencies: ["CLibXML2"]),
    // The cluster's configuration in Pacemaker's terms.
    .target(name: "CIB", dependencies: ["XML"]),
    // What documents say the cluster must be.
    .target(name: "Desired", dependencies: ["CIB"]),
    // Documents to desired configuration, and configuration to documents.
    .target(name: "Documents", dependencies: ["CLibYAML", "Desired"]),
    // What the hacluster charm's hooks know, to desired configuration.
    .target(name: "Charm", dependencies: ["Documents"]),
    // Same meaning or not.
    .target(name: "Comparison", dependencies: ["CIB"]),
    // Desired and current configuration to target configuration, changes and checks.
    .target(name: "Planning", dependencies: ["Comparison", "Desired"]),
    // Current and target configuration to the patch that cibadmin applies.
    .target(name: "Patching", dependencies: ["CIB"]),
    // Processes, sockets and files: the cluster itself.
    .target(name: "Cluster", dependencies: ["CGlibc", "CLibXML2", "CIB", "Desired", "XML"]),
    // The cluster, and what a plan makes of it, as Graphviz draws it.
    .target(name: "Graph", dependencies: ["Cluster", "Planning"]),
    // The calls of MAAS's API.
    .target(name: "MAASClient", dependencies: ["CNetworking"]),
    // Switching machines off and on through MAAS, for certain.
    .target(name: "Fencing", dependencies: ["CGlibc", "MAASClient"]),
    // The fencing agents: no Foundation and no ArgumentParser, as they are started twice for every operation.
    .executableTarget(name: "ExternalMAAS", dependencies: ["Fencing"], path: "stonith-plugins/external/maas"),
    .executableTarget(name: "FenceMAAS", dependencies: ["Fencing"], path: "stonith-plugins/fence_maas"),

    // Would fencing work, for every node: the configuration, and what MAAS says of the machines.
    .target(name: "FencingCheck", dependencies: ["CIB", "Fencing"]),

    // Documents, plans and patches as values, for other programs; and one that uses them.
    .target(name: "CrmsyncPlanning", dependencies: ["Cluster", "Documents", "Patching", "Planning"]),
    .executableTarget(name: "drift", dependencies: ["CrmsyncPlanning"], path: "docs/example"),

    // The command line.
    .target(
      name: "Commands",
      dependencies: [
        "CGlibc", "Charm", "Documents", "Planning", "Patching", "Cluster", "Graph", "FencingCheck",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "crmsync", dependencies: ["Commands"]),

    .testTarget(name: "DocumentsTests", dependencies: ["Documents"]),
    .testTarget(name: "CharmTests", dependencies: ["Charm"]),
    .testTarget(name: "CIBTests", dependencies: ["CIB"]),
    .testTarget(name: "PatchingTests", dependencies: ["Patching"]),
    .testTarget(
      name: "PlanningTests", dependencies: ["Commands", "Comparison", "Documents", "Patching", "Planning"]),
    .testTarget(name: "ClusterTests", dependencies: ["Cluster"]),
    .testTarget(name: "FencingTests", dependencies: ["Fencing", "FencingCheck", "MAASClient"]),
    .testTarget(name: "WritingTests", dependencies: ["Documents", "Comparison"]),
  ],
  swiftLanguageModes: [.v6]
)

// `make fuzz`: one program for all targets, built with coverage for libFuzzer, which brings its main().
if Context.environment["CRMSYNC_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "Charm", "Cluster", "Commands", "CrmsyncPlanning", "Documents", "Fencing", "Graph", "MAASClient", "Patching",
        "Planning",
      ], path: "fuzz/Sources"))
}
