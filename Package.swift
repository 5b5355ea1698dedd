// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
    .enableUpcomingFeature("ExistentialAny"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
    .enableUpcomingFeature("InternalImportsByDefault"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
    .enableUpcomingFeature("MemberImportVisibility"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0461-async-function-isolation.md
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// One system library: a module map and a shim.
func library(_ name: String, apt packages: String...) -> Target {
    .systemLibrary(name: name, path: "Sources/CLibraries/\(name)", providers: [.apt(packages)])
}

/// One target; `layer` is its folder below `Sources`.
func module(_ layer: String, _ name: String, _ dependencies: Target.Dependency...) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(layer)/\(name)", swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: dependencies, swiftSettings: settings)
}

let libraries: [Target] = [
    library("CLibEvent", apt: "libevent-dev"),
    library("CHTTPParser", apt: "libhttp-parser-dev"),
    library("CWslay", apt: "libwslay-dev"),
    library("CPostgres", apt: "libpq-dev"),
    library("CHiredis", apt: "libhiredis-dev"),
    library("CCurl", apt: "libcurl4-openssl-dev"),
    library("COpenSSL", apt: "libssl-dev"),
    library("CYAML", apt: "libyaml-dev"),
    library("CCrypt", apt: "libcrypt-dev"),
    library("CZlib", apt: "zlib1g-dev"),
    library("CSpawn", apt: "libc6-dev"),
    library("CJemalloc", apt: "libjemalloc-dev"),
    library("CHyperscan", apt: "libhyperscan-dev"),
    library("CCmark", apt: "libcmark-gfm-dev", "libcmark-gfm-extensions-dev"),
    .systemLibrary(
        name: "CLibXML", path: "Sources/CLibraries/CLibXML", pkgConfig: "libxml-2.0",
        providers: [.apt(["libxml2-dev"])]),
    .target(name: "CDescriptorReserve", path: "Sources/CLibraries/CDescriptorReserve"),
    // No module map of the library itself: Swift would see ICU's headers beside those of Foundation's own ICU.
    .target(
        name: "CICU", path: "Sources/CLibraries/CICU",
        linkerSettings: [.linkedLibrary("icuuc"), .linkedLibrary("icui18n")]),
]

let platform: [Target] = [
    module("Platform", "Telemetry"),
    module("Platform", "MemoryAllocator", .target(name: "CJemalloc", condition: .when(platforms: [.linux]))),
    module("Platform", "Lifecycle", "Telemetry"),
    module("Platform", "Limits"),
    module("Platform", "Text", "CICU"),
    module("Platform", "Markdown", "CCmark"),
    module("Platform", "HTMLReading", "CLibXML", "Markdown"),
    module("Platform", "SlackText", "Markdown"),
    module("Platform", "EventLoop", "CDescriptorReserve", "CLibEvent"),
    module("Platform", "HTTPTypes", "EventLoop"),
    module("Platform", "Crypto", "COpenSSL", "CCrypt", "EventLoop"),
    module("Platform", "HTTPParsing", "CHTTPParser"),
    module("Platform", "Compression", "CZlib"),
    module("Platform", "HTTPServer", "Compression", "EventLoop", "HTTPParsing", "HTTPTypes", "Lifecycle", "Telemetry"),
    module("Platform", "WebSocket", "CWslay", "EventLoop", "HTTPTypes", "Crypto"),
    module("Platform", "HTTPClient", "CCurl", "EventLoop", "HTTPTypes", "Telemetry"),
    module("Platform", "Postgres", "CPostgres", "EventLoop", "Lifecycle", "Telemetry"),
    module("Platform", "Redis", "CHiredis", "EventLoop", "Lifecycle", "Telemetry"),
    module("Platform", "YAML", "CYAML"),
    module("Platform", "Settings", "YAML"),
    module("Platform", "PatternMatching", "CHyperscan"),
    module("Platform", "MIME", "HTMLReading"),
    module("Platform", "MailServer", "EventLoop", "Lifecycle", "Telemetry"),
    module("Platform", "Subprocess", "CSpawn", "EventLoop", "Lifecycle"),
    module("Platform", "EmbeddedServers", "EventLoop", "Lifecycle", "Subprocess", "Telemetry"),
]

let chat: [Target] = [
    module("Chat", "ChatModel", "Text"),
    module("Chat", "EventCatalogue", "ChatModel"),
    module("Chat", "ChatStore", "ChatModel", "EventLoop", "Lifecycle", "Postgres", "Telemetry", "Text"),
    module("Chat", "EventLog", "ChatModel", "ChatStore", "Postgres", "Redis", "EventLoop", "Lifecycle", "Telemetry"),
    module(
        "Chat", "ChatService", "ChatModel", "ChatStore", "EventLog", "Crypto", "EventLoop", "Lifecycle", "Limits",
        "PatternMatching", "Telemetry", "Text"),
]

let automation: [Target] = [
    module("Automation", "BridgeKit", "ChatModel", "EventLoop", "HTTPClient", "Settings", "Telemetry"),
    module("Automation", "Moderation", "ChatModel", "PatternMatching", "Settings", "Text"),
    module(
        "Automation", "BridgeRuntime", "BridgeKit", "ChatModel", "ChatService", "ChatStore", "EventLog", "EventLoop",
        "Lifecycle", "PatternMatching", "Redis", "Settings", "Telemetry", "YAML", "Text"),
    module(
        "Automation", "Bridges", "BridgeKit", "ChatModel", "Crypto", "EventLoop", "HTMLReading", "HTTPClient",
        "HTTPTypes", "Lifecycle", "MIME", "MailServer", "Markdown", "Moderation", "PatternMatching", "Settings",
        "Subprocess", "Telemetry", "Text"),
    module(
        "Automation", "BridgeTesting", "BridgeKit", "BridgeRuntime", "ChatModel", "EventLoop", "HTTPClient",
        "HTTPTypes", "Lifecycle", "MIME", "PatternMatching", "Settings", "Telemetry", "YAML", "Text"),
]

let gateways: [Target] = [
    module("Gateways", "HTTPRouting", "HTTPTypes", "EventLoop", "Telemetry"),
    module(
        "Gateways", "GatewayKit", "HTTPRouting", "HTTPTypes", "ChatService", "Lifecycle", "Limits", "Postgres",
        "Telemetry"),
    module(
        "Gateways", "AdminAPI", "BridgeRuntime", "ChatModel", "ChatService", "ChatStore", "GatewayKit", "HTTPRouting"),
    module(
        "Gateways", "RestAPI", "HTTPRouting", "HTTPTypes", "ChatModel", "ChatService", "ChatStore", "Crypto",
        "EventCatalogue", "EventLog", "GatewayKit", "Limits", "Telemetry"),
    module(
        "Gateways", "Realtime", "GatewayKit", "HTTPRouting", "HTTPTypes", "WebSocket", "ChatModel", "ChatService",
        "ChatStore", "EventLog", "EventLoop", "Lifecycle", "Limits", "Redis", "Telemetry"),
    module(
        "Gateways", "BotGateway", "GatewayKit", "HTTPRouting", "HTTPTypes", "WebSocket", "ChatModel", "ChatService",
        "ChatStore",
        "EventLog", "EventLoop", "Lifecycle", "Redis", "Telemetry"),
    module(
        "Gateways", "Webhooks", "HTTPRouting", "HTTPTypes", "ChatModel", "ChatService", "ChatStore", "Compression",
        "Limits", "Markdown", "SlackText", "Telemetry", "Text"),
]

let sdk: [Target] = [
    module(
        "SDK", "MartletClient", "ChatModel", "Crypto", "EventLoop", "HTTPClient", "HTTPTypes", "Lifecycle", "Telemetry",
        "WebSocket"),
    module(
        "SDK", "Importing", "MartletClient", "ChatModel", "Compression", "EventLoop", "HTTPTypes", "Lifecycle",
        "SlackText", "Telemetry", "Text"),
    module(
        "SDK", "MartletBot", "ChatModel", "EventLoop", "HTTPClient", "HTTPTypes", "Lifecycle", "Telemetry",
        "WebSocket", "Text"),
    module("SDK", "MartletTesting", "MartletBot", "ChatModel", "Telemetry", "Text"),
]

let measurement: [Target] = [
    module("Measurement", "LoadGenerator", "EventLoop"),
    module("Measurement", "Charts"),
]

let programs: [Target] = [
    .executableTarget(
        name: "martlet",
        dependencies: [
            "AdminAPI", "BotGateway", "BridgeKit", "BridgeRuntime", "BridgeTesting", "Bridges", "ChatModel",
            "ChatService",
            "ChatStore", "Compression", "Crypto", "EmbeddedServers", "EventCatalogue", "EventLog", "EventLoop",
            "GatewayKit",
            "HTTPClient",
            "HTTPRouting", "HTTPServer", "HTTPTypes", "Importing", "Lifecycle", "MartletClient", "MemoryAllocator",
            "Moderation", "Postgres", "Realtime", "Redis", "RestAPI", "Settings", "Telemetry", "WebSocket", "Webhooks",
            "YAML",
        ],
        path: "Sources/martlet",
        swiftSettings: settings),
    .executableTarget(
        name: "martlet-bench",
        dependencies: [
            "BridgeKit", "BridgeRuntime", "Bridges", "Charts", "ChatModel", "ChatService", "ChatStore", "Crypto",
            "EmbeddedServers", "EventLog", "EventLoop", "HTTPClient", "HTTPServer", "HTTPTypes", "Lifecycle",
            "LoadGenerator", "MartletBot", "Moderation", "Postgres", "Redis", "Settings", "Subprocess", "Telemetry",
            "WebSocket",
        ],
        path: "Sources/bench",
        swiftSettings: settings),
    .executableTarget(
        name: "martlet-chaos",
        dependencies: [
            "ChatModel", "EmbeddedServers", "EventLoop", "HTTPClient", "HTTPServer", "HTTPTypes", "Lifecycle",
            "MartletClient", "Postgres", "Redis", "Subprocess", "Telemetry", "WebSocket",
        ],
        path: "Sources/chaos",
        swiftSettings: settings),
    // Steps the clocks of the processes that `martlet-chaos` starts.
    .target(name: "SteppedClock", path: "Sources/chaos-clock"),
]

/// A bot of its own: `swift run <name>`.
func bot(_ name: String) -> Target {
    .executableTarget(
        name: name, dependencies: ["MartletBot"], path: "bots/\(name)", exclude: ["README.md"],
        swiftSettings: settings)
}

let bots: [Target] = [bot("remind"), bot("standup")]

let testing: [Target] = [
    .target(
        name: "TestSupport",
        dependencies: [
            "EmbeddedServers", "EventLoop", "HTTPClient", "HTTPTypes", "Lifecycle", "Postgres", "Redis", "Subprocess",
            "Telemetry",
        ],
        path: "Tests/TestSupport",
        swiftSettings: settings),
    .target(
        name: "ChatTestSupport",
        dependencies: [
            "ChatModel", "ChatService", "ChatStore", "Crypto", "EventLog", "EventLoop", "Lifecycle", "Postgres",
            "Redis", "Telemetry", "TestSupport",
        ],
        path: "Tests/ChatTestSupport",
        swiftSettings: settings),
    tests(
        "ChatStore", "ChatModel", "ChatService", "ChatStore", "ChatTestSupport", "Crypto", "EmbeddedServers",
        "EventLog", "EventLoop", "Lifecycle", "Postgres", "Telemetry", "TestSupport"),
    tests(
        "EventLog", "ChatModel", "ChatService", "ChatStore", "ChatTestSupport", "EmbeddedServers", "EventLog",
        "EventLoop", "Lifecycle", "Postgres", "Redis", "Telemetry", "TestSupport"),
    tests(
        "ChatService", "ChatModel", "ChatService", "ChatStore", "ChatTestSupport", "Crypto", "EventCatalogue",
        "EventLog", "Postgres", "Telemetry", "TestSupport", "Text"),
    tests(
        "RestAPI", "AdminAPI", "BridgeRuntime", "BridgeTestSupport", "Webhooks", "ChatModel", "ChatService",
        "ChatStore", "ChatTestSupport", "EventCatalogue", "EventLog",
        "GatewayKit",
        "HTTPRouting", "HTTPTypes", "Postgres", "RestAPI", "Telemetry", "TestSupport"),
    tests(
        "Realtime", "ChatModel", "ChatService", "ChatStore", "ChatTestSupport", "EventLog", "EventLoop", "GatewayKit",
        "HTTPRouting",
        "HTTPServer", "HTTPTypes", "Lifecycle", "Postgres", "Realtime", "Redis", "RestAPI", "Telemetry", "TestSupport",
        "WebSocket"),
    tests(
        "EndToEnd", "BridgeTestSupport", "ChatModel", "ChatTestSupport", "EventLoop", "HTTPClient", "HTTPTypes",
        "Telemetry", "TestSupport", "WebSocket"),
    .target(
        name: "BridgeTestSupport",
        dependencies: [
            "BridgeKit", "BridgeRuntime", "ChatModel", "ChatService", "ChatStore", "ChatTestSupport", "EventLog",
            "EventLoop", "HTTPServer", "HTTPTypes", "Lifecycle", "MailServer", "Postgres", "Redis", "Settings",
            "Telemetry",
            "TestSupport",
        ],
        path: "Tests/BridgeTestSupport",
        swiftSettings: settings),
    .target(
        name: "ElasticsearchDouble", dependencies: ["ChatModel", "HTTPTypes"], path: "Tests/ElasticsearchDouble",
        swiftSettings: settings),
    .executableTarget(
        name: "elasticsearch-double",
        dependencies: ["ElasticsearchDouble", "EventLoop", "HTTPServer", "HTTPTypes", "Telemetry"],
        path: "Tests/elasticsearch-double", swiftSettings: settings),
    tests(
        "Commands", "martlet", "BridgeRuntime", "ChatModel", "EventCatalogue", "EventLoop", "MartletClient", "Settings",
        "TestSupport"),
    tests("Telemetry", "Telemetry"),
    tests("MemoryAllocator", "MemoryAllocator"),
    tests("Lifecycle", "Lifecycle"),
    tests("Limits", "Limits"),
    tests("Text", "Text"),
    tests("Markdown", "Markdown"),
    tests("HTMLReading", "HTMLReading", "Markdown"),
    tests("SlackText", "SlackText"),
    tests("EventLoop", "EventLoop"),
    tests("Crypto", "Crypto", "COpenSSL", "EventLoop"),
    tests("HTTPServer", "HTTPServer", "HTTPTypes", "EventLoop", "Crypto", "Lifecycle", "Telemetry"),
    tests("WebSocket", "WebSocket", "Crypto", "HTTPServer", "HTTPTypes", "EventLoop", "Lifecycle", "Telemetry"),
    tests("HTTPClient", "HTTPClient", "HTTPTypes", "EventLoop", "MailServer", "Telemetry"),
    tests("Postgres", "Postgres", "EventLoop", "TestSupport"),
    tests("Redis", "Redis", "EmbeddedServers", "EventLoop", "Telemetry", "TestSupport"),
    tests("YAML", "YAML"),
    tests("Settings", "Settings", "YAML"),
    tests("PatternMatching", "PatternMatching"),
    tests("Moderation", "Markdown", "Moderation", "PatternMatching", "Settings", "Text"),
    tests("MIME", "MIME"),
    tests("MailServer", "MailServer", "EventLoop", "Lifecycle", "Telemetry"),
    tests("HTTPRouting", "ChatModel", "HTTPRouting", "HTTPTypes", "Telemetry"),
    tests("Chaos", "martlet-chaos", "ChatModel"),
    tests(
        "Bench", "martlet-bench", "Charts", "EventLoop", "HTTPServer", "HTTPTypes", "LoadGenerator", "Telemetry",
        "WebSocket"),
    tests("Bots", "remind", "standup", "MartletBot", "MartletTesting"),
    tests(
        "BotGateway", "BotGateway", "ChatModel", "ChatService", "ChatStore", "Crypto", "EmbeddedServers", "EventLog",
        "GatewayKit",
        "EventLoop", "HTTPRouting", "HTTPServer", "HTTPTypes", "Lifecycle", "MartletBot", "Postgres", "Redis",
        "RestAPI",
        "Telemetry", "TestSupport", "WebSocket"),
    tests("MartletBot", "MartletBot", "MartletTesting", "ChatModel", "Lifecycle", "TestSupport"),
    tests("EmbeddedServers", "EmbeddedServers", "EventLoop", "Lifecycle", "Subprocess", "TestSupport"),
    tests(
        "Webhooks", "Webhooks", "Compression", "HTTPRouting", "HTTPTypes", "ChatModel", "ChatService", "ChatStore",
        "ChatTestSupport", "Markdown", "SlackText", "Telemetry", "TestSupport"),
    tests(
        "Importing", "Importing", "MartletClient", "ChatModel", "ChatService", "ChatTestSupport", "Compression",
        "EventLoop",
        "GatewayKit",
        "HTTPRouting", "HTTPServer", "HTTPTypes", "Lifecycle", "Postgres", "Realtime", "Redis", "RestAPI", "SlackText",
        "Telemetry",
        "TestSupport", "WebSocket"),
    tests(
        "BridgeRuntime", "BridgeKit", "BridgeRuntime", "BridgeTestSupport", "ChatModel", "ChatService", "ChatStore",
        "ChatTestSupport", "EventCatalogue", "EventLog", "EventLoop", "Lifecycle", "Postgres", "Redis", "Settings",
        "Telemetry", "TestSupport"),
    tests(
        "BridgeTesting", "BridgeKit", "BridgeRuntime", "BridgeTesting", "Bridges", "ChatModel", "EventLoop", "Settings",
        "TestSupport"),
    tests(
        "Bridges", "BridgeKit", "BridgeRuntime", "Bridges", "BridgeTesting", "BridgeTestSupport", "ChatModel",
        "ChatService",
        "ChatStore", "ChatTestSupport", "Crypto", "ElasticsearchDouble", "EventLoop", "HTTPTypes", "MailServer", "MIME",
        "Postgres", "Settings", "Telemetry", "TestSupport"),
]

/// The parsers that read bytes from outside, as a fuzzer calls them: with the tests their known inputs are replayed, and
/// `scripts/fuzz` builds them into a program with libFuzzer, whose library it names in `MARTLET_FUZZER`.
let fuzzing: [Target] = {
    let parsers: [Target.Dependency] = [
        "BotGateway", "BridgeRuntime", "Bridges", "ChatModel", "Compression", "Crypto", "EventLoop", "HTTPClient",
        "HTMLReading", "HTTPParsing", "HTTPRouting", "HTTPServer", "HTTPTypes", "Importing", "MIME", "MailServer",
        "Markdown", "Moderation", "Postgres", "Realtime", "Redis", "Settings", "SlackText", "Telemetry", "Text",
        "WebSocket", "Webhooks", "YAML",
    ]
    guard let fuzzer = Context.environment["MARTLET_FUZZER"] else {
        return [
            .testTarget(
                name: "FuzzTests", dependencies: parsers, path: "Fuzz", exclude: ["Program", "corpus"],
                sources: ["Targets", "Replay"], swiftSettings: settings)
        ]
    }
    return [
        .systemLibrary(name: "CFuzzer", path: "Sources/CLibraries/CFuzzer"),
        .executableTarget(
            name: "martlet-fuzz", dependencies: parsers + ["CFuzzer"], path: "Fuzz", exclude: ["Replay", "corpus"],
            sources: ["Targets", "Program"], swiftSettings: settings,
            linkerSettings: [.unsafeFlags([fuzzer]), .linkedLibrary("stdc++")]),
    ]
}()

/// What `scripts/sanitize` leaves out: programs, with jemalloc in them, and suites that run those or that are about
/// neither C nor what threads share.
let unsanitized: Set<String> = [
    "martlet", "martlet-bench", "martlet-chaos", "remind", "standup", "elasticsearch-double", "BenchTests",
    "BotsTests", "BridgeTestingTests", "ChaosTests", "CommandsTests", "EndToEndTests", "ImportingTests",
    "MemoryAllocatorTests", "ModerationTests", "SettingsTests",
]

/// Everything, or what `scripts/sanitize` builds.
func chosen(_ targets: [Target]) -> [Target] {
    guard let sanitizer = Context.environment["MARTLET_SANITIZER"] else { return targets }
    let sanitized = targets.filter { !unsanitized.contains($0.name) }
    guard sanitizer == "thread" else { return sanitized }
    // It goes where every program with threads has a dependency.
    for target in sanitized where target.name == "EventLoop" { target.dependencies.append("ThreadSanitizerMutex") }
    return sanitized + [.target(name: "ThreadSanitizerMutex", path: "Tests/ThreadSanitizerMutex")]
}

let package = Package(
    name: "martlet",
    platforms: [.macOS(.v15)],
    products: [
        // What others build on; the programs are products by themselves.
        .library(name: "MartletBot", targets: ["MartletBot"]),
        .library(name: "MartletTesting", targets: ["MartletTesting"]),
        .library(name: "martlet-clock", type: .dynamic, targets: ["SteppedClock"]),
    ],
    targets: chosen(
        libraries + platform + chat + automation + gateways + sdk + measurement + programs + bots + testing
            + fuzzing),
    swiftLanguageModes: [.v6])
