package import ChatModel
import ChatStore

extension ChatService {
    /// Moves the caller's read position forward.
    package func markRead(_ id: ChannelID, upTo seq: Int64, by principal: Principal) async throws -> Membership {
        try Self.check(position: seq)
        guard
            let moved = try await store.markRead(id, upTo: seq, by: principal.userID, in: principal.appID)
        else {
            _ = try await channel(id, for: principal)
            throw ChatError.notMember
        }
        if let receipt = moved.news { receipts.tell(receipt) }
        return moved.membership
    }

    /// Says that messages up to `seq` have reached a device of the caller; written and told within a second, in channels of
    /// up to ``ChatStore/mostTold`` members.
    package func markDelivered(_ id: ChannelID, upTo seq: Int64, by principal: Principal) async throws {
        try Self.check(position: seq)
        guard try await rights(in: id, principal).role != nil else { throw ChatError.notMember }
        receipts.delivered(id, upTo: seq, to: principal.userID, in: principal.appID)
    }

    private static func check(position: Int64) throws(ChatError) {
        guard position >= 0 else { throw ChatError.invalid("/seq", "A position is 0 or more.") }
    }
}
