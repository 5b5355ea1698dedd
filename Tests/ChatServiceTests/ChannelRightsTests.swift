import ChatModel
import ChatService
import Testing

struct ChannelRightsTests {
    typealias Action = ChannelRights.Action

    private static let actions: [Action] = [
        .read, .send, .reply, .type, .react, .join, .add(role: .member), .add(role: .moderator), .remove(.member),
        .remove(.owner), .leave,
        .changeRole(from: .member, to: .moderator, isOwn: false), .changeRole(from: .owner, to: .member, isOwn: false),
        .change, .editMessage(isOwn: true), .editMessage(isOwn: false), .deleteMessage(isOwn: true),
        .deleteMessage(isOwn: false), .makeHook, .keepHook, .changeOverrides,
    ]

    private func allowed(_ rights: ChannelRights) -> [Action] { Self.actions.filter { rights.allows($0) } }

    @Test(arguments: [Channel.Kind.private, .group, .direct])
    func `who may not know of a channel is told that there is none, whatever is asked`(kind: Channel.Kind) {
        for role in [User.Role.member, .guest] {
            let rights = ChannelRights(appRole: role, kind: kind, role: nil)
            #expect(allowed(rights).isEmpty)
            for action in Self.actions {
                #expect(throws: ChatError.self) { try rights.require(action) }
                do { try rights.require(action) } catch { #expect(error.code == "channel_not_found", "\(action)") }
            }
        }
    }

    @Test func `roles add up`() {
        func rights(_ role: Membership.Role?) -> Set<Action> {
            Set(allowed(ChannelRights(appRole: .member, kind: .public, role: role)))
        }
        #expect(rights(nil) == [.read, .join, .deleteMessage(isOwn: true)])
        #expect(
            rights(.member) == [
                .read, .send, .reply, .type, .react, .join, .add(role: .member), .leave, .editMessage(isOwn: true),
                .deleteMessage(isOwn: true), .makeHook, .keepHook,
            ])
        #expect(rights(.moderator).subtracting(rights(.member)) == [.remove(.member), .deleteMessage(isOwn: false)])
        #expect(
            rights(.owner).subtracting(rights(.moderator)) == [
                .add(role: .moderator), .changeRole(from: .member, to: .moderator, isOwn: false), .change,
                .changeOverrides,
            ])
    }

    @Test(arguments: [Membership.Role.member, .moderator, .owner])
    func `nobody takes from their equals, and everybody may step down`(role: Membership.Role) {
        let rights = ChannelRights(appRole: .member, kind: .private, role: role)
        #expect(!rights.allows(.remove(role)))
        #expect(!rights.allows(.changeRole(from: role, to: .member, isOwn: false)) || role == .member)
        for new in [Membership.Role.member, .moderator, .owner] {
            #expect(rights.allows(.changeRole(from: role, to: new, isOwn: true)) == (new.rank <= role.rank), "\(new)")
        }
    }

    @Test func `an archived channel is read, left and tidied, not written`() {
        let owner = ChannelRights(appRole: .member, kind: .private, isArchived: true, role: .owner)
        #expect(
            Set(Self.actions).subtracting(allowed(owner)) == [
                .send, .reply, .type, .react, .join, .add(role: .member), .add(role: .moderator), .remove(.owner),
                .changeRole(from: .owner, to: .member, isOwn: false), .editMessage(isOwn: true),
                .editMessage(isOwn: false), .makeHook,
            ])
    }

    @Test func `a direct channel has nobody who comes, goes, rules or posts by a webhook`() {
        for appRole in [User.Role.member, .admin] {
            let rights = ChannelRights(appRole: appRole, kind: .direct, role: .owner)
            for action in [
                Action.add(role: .member), .leave, .remove(.member),
                .changeRole(from: .member, to: .moderator, isOwn: false), .makeHook, .keepHook, .changeOverrides,
            ] {
                #expect(!rights.allows(action), "\(action)")
            }
            #expect(rights.allows(.send) && rights.allows(.change))
        }
    }

    @Test func `an administrator does all but write where they are no member`() {
        let rights = ChannelRights(appRole: .admin, kind: .private, role: nil)
        #expect(
            Set(Self.actions).subtracting(allowed(rights)) == [
                .send, .reply, .type, .react, .join, .leave, .editMessage(isOwn: true), .editMessage(isOwn: false),
            ])
    }

    @Test func `a guest who is a member makes no webhooks`() {
        let rights = ChannelRights(appRole: .guest, kind: .public, role: .owner)
        #expect(!rights.allows(.makeHook) && !rights.allows(.keepHook) && rights.allows(.send))
    }
}
