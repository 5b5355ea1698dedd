// A bot's author meets messages, users and channels everywhere; one import is enough for all of them.
@_exported public import ChatModel
