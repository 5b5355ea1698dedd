import ChatModel
import ChatService
import ChatStore
import Foundation
import Testing

struct RightsTableTests {
    private static let roles: [Membership.Role?] = [nil, .member, .moderator, .owner]

    // MARK: What roles give

    @Test func `a higher role gives all that a lower one gives`() {
        for app in User.Role.allCases {
            for kind in Channel.Kind.allCases {
                let given = Self.roles.dropFirst().map { RightsTable.base(app, kind, $0) }
                for (lower, higher) in zip(given, given.dropFirst()) { #expect(higher.isSuperset(of: lower)) }
                for role in Self.roles {
                    let guest = RightsTable.base(.guest, kind, role)
                    let member = RightsTable.base(.member, kind, role)
                    #expect(RightsTable.base(.admin, kind, role).isSuperset(of: member) && member.isSuperset(of: guest))
                }
            }
        }
    }

    @Test func `who may not read has nothing`() {
        for app in User.Role.allCases {
            for kind in Channel.Kind.allCases {
                for role in Self.roles {
                    let given = RightsTable.base(app, kind, role)
                    #expect(given.contains(.read) || given.isEmpty, "\(app) \(kind) \(String(describing: role))")
                }
            }
        }
        let all = OverrideLayers.Rule(allow: Capability(rawValue: -1))
        let layers = OverrideLayers(granted: Capability(rawValue: -1), everyone: all, roles: all, user: all)
        #expect(RightsTable.capabilities(.member, .private, nil, layers).isEmpty)
        #expect(RightsTable.capabilities(.guest, .public, nil, layers).isEmpty)
    }

    @Test func `every capability has a name of its own, and a name that is not known is left out`() throws {
        #expect(Set(Capability.all.map(\.name)).count == Capability.all.count)
        #expect(Set(Capability.all.map(\.capability)).count == Capability.all.count)
        let json = Data(#"["send","fly","edit_own"]"#.utf8)
        #expect(try JSONDecoder().decode(Capability.self, from: json) == [.send, .editOwn])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Capability.Name].self, from: json) }
        let all = Capability.all.reduce(into: Capability()) { $0.formUnion($1.capability) }
        #expect(try JSONDecoder().decode(Capability.self, from: try JSONEncoder().encode(all)) == all)
    }

    // MARK: Overrides

    @Test func `in an announcement channel moderators and owners send, others answer and react`() {
        func rights(_ role: Membership.Role?, _ layers: OverrideLayers = .none) -> Capability {
            RightsTable.capabilities(.member, .private, role, layers, isAnnouncement: true)
        }
        #expect(!rights(.member).contains(.send) && rights(.member).isSuperset(of: [.reply, .react]))
        #expect(rights(.moderator).contains(.send) && rights(.owner).contains(.send))
        #expect(!rights(.member, OverrideLayers(everyone: .init(allow: .send))).contains(.send))
        #expect(rights(.member, OverrideLayers(user: .init(allow: .send))).contains(.send))
        // Without either way of writing there is none by way of an edit.
        let silent = rights(.member, OverrideLayers(everyone: .init(deny: .reply)))
        #expect(silent.isDisjoint(with: [.send, .reply, .editOwn]) && silent.contains(.react))
    }

    @Test func `administrators are above overrides, and two people share a channel as ever`() {
        let nothing = OverrideLayers(user: .init(deny: Capability(rawValue: -1)))
        for role in Self.roles {
            let admin = RightsTable.base(.admin, .private, role)
            #expect(RightsTable.capabilities(.admin, .private, role, nothing, isAnnouncement: true) == admin)
        }
        #expect(
            RightsTable.capabilities(.member, .direct, .member, nothing)
                == RightsTable.base(.member, .direct, .member))
    }

    /// The same, said of one capability at a time: who speaks last is right.
    private static func naive(
        _ capability: Capability, _ app: User.Role, _ kind: Channel.Kind, _ role: Membership.Role?,
        granted: [Capability], everyone: OverrideLayers.Rule, roles: [OverrideLayers.Rule], user: OverrideLayers.Rule,
        isAnnouncement: Bool
    ) -> Bool {
        let base = RightsTable.base(app, kind, role).contains(capability)
        guard app != .admin, kind != .direct, RightsTable.base(app, kind, role).contains(.read),
            Capability.overridable.contains(capability)
        else { return base }
        if role == nil, ![.join, .deleteOwn, .deleteAny, .moderate, .manageChannel].contains(capability) {
            return false
        }
        if role != nil, capability == .join || app == .guest && capability == .manageHooks { return false }
        var has = RightsTable.base(app, kind, role == nil ? nil : .member).contains(capability)
        if granted.contains(where: { $0.contains(capability) }) { has = true }
        if everyone.deny.contains(capability) { has = false }
        if everyone.allow.contains(capability) { has = true }
        if isAnnouncement, capability == .send { has = false }
        if roles.contains(where: { $0.deny.contains(capability) }) { has = false }
        if roles.contains(where: { $0.allow.contains(capability) }) { has = true }
        if role == .moderator || role == .owner, base { has = true }
        if user.deny.contains(capability) { has = false }
        if user.allow.contains(capability) { has = true }
        return has
    }

    @Test func `overrides are laid over one another in their order, whatever they are`() {
        var generator = SplitMix(state: 20_261_201)
        func bits() -> Capability {
            // Few at a time, so that layers meet and also miss one another.
            Capability(rawValue: Int64(bitPattern: generator.next() & generator.next()) & 0xFF_FFFF)
        }
        func rule() -> OverrideLayers.Rule { OverrideLayers.Rule(allow: bits(), deny: bits()) }
        for _ in 0..<2000 {
            let app = User.Role.allCases.randomElement(using: &generator) ?? .member
            let kind = Channel.Kind.allCases.randomElement(using: &generator) ?? .private
            let role = Self.roles.randomElement(using: &generator) ?? .member
            let granted = (0..<Int.random(in: 0...2, using: &generator)).map { _ in bits() }
            let roles = (0..<Int.random(in: 0...3, using: &generator)).map { _ in rule() }
            let (everyone, user) = (rule(), rule())
            let isAnnouncement = Bool.random(using: &generator)
            let layers = OverrideLayers(
                granted: granted.reduce(into: []) { $0.formUnion($1) }, everyone: everyone,
                roles: roles.reduce(into: OverrideLayers.Rule()) {
                    $0.allow.formUnion($1.allow)
                    $0.deny.formUnion($1.deny)
                }, user: user)
            let given = RightsTable.capabilities(app, kind, role, layers, isAnnouncement: isAnnouncement)
            var expected: Capability = []
            for (_, capability, _) in Capability.all
            where Self.naive(
                capability, app, kind, role, granted: granted, everyone: everyone, roles: roles, user: user,
                isAnnouncement: isAnnouncement)
            {
                expected.formUnion(capability)
            }
            if app != .admin, kind != .direct, expected.isDisjoint(with: [.send, .reply]) {
                expected.subtract([.editOwn, .editAny, .mentionEveryone])
            }
            #expect(given == expected, "\(app) \(kind) \(String(describing: role)) \(layers)")
        }
    }

    /// The same numbers at each run.
    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    // MARK: The page

    @Test func `docs/rights.md has the table as it is`() throws {
        let columns: [(String, User.Role, Channel.Kind, Membership.Role?)] = [
            ("visitor of a public channel", .member, .public, nil), ("member", .member, .private, .member),
            ("moderator", .member, .private, .moderator), ("owner", .member, .private, .owner),
            ("guest, as a member", .guest, .private, .member),
            ("either of a direct channel", .member, .direct, .member),
            ("administrator, no member", .admin, .private, nil),
            ("administrator, as a member", .admin, .private, .member),
        ]
        var lines = [
            "| capability | is to | \(columns.map(\.0).joined(separator: " | ")) | overrides |",
            "| --- | --- |\(String(repeating: " :-: |", count: columns.count + 1))",
        ]
        for (name, capability, meaning) in Capability.all where capability.rawValue < Capability.createChannels.rawValue
        {
            let marks = columns.map { RightsTable.base($0.1, $0.2, $0.3).contains(capability) ? "✓" : "" }
            let isOpen = Capability.overridable.contains(capability) ? "✓" : ""
            lines.append("| `\(name)` | \(meaning) | \((marks + [isOpen]).joined(separator: " | ")) |")
        }
        lines += [
            "", "| capability | is to | guest | member | administrator | roles |",
            "| --- | --- | :-: | :-: | :-: | :-: |",
        ]
        for (name, capability, meaning) in Capability.all
        where capability.rawValue >= Capability.createChannels.rawValue {
            var marks = [User.Role.guest, .member, .admin]
                .map { RightsTable.capabilities(of: $0).contains(capability) ? "✓" : "" }
            marks.append(Capability.grantable.contains(capability) ? "✓" : "")
            lines.append("| `\(name)` | \(meaning) | \(marks.joined(separator: " | ")) |")
        }
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/rights.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let table = lines.joined(separator: "\n")
        #expect(text.contains(table), "docs/rights.md should have:\n\(table)")
    }
}
