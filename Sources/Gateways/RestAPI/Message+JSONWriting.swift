import ChatModel
import ChatStore
import HTTPRouting

// An answer with one message is made as lists and events are; how Codable writes one is for those who keep messages.
extension Message: JSONWriting {}
