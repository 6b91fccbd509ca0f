import CNetworking
import Glibc

/// OAuth 1.0, PLAINTEXT, by liboauth.
enum Authorization {
  /// The value of the header `Authorization`, new for every request: MAAS takes no nonce twice.
  static func header(method: String, url: String, key: APIKey) -> String? {
    var count: Int32 = 0
    var parameters: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    defer { crmsync_oauth_free(&count, &parameters) }
    crmsync_oauth_add(&count, &parameters, url)
    crmsync_oauth_add(&count, &parameters, "oauth_nonce=\(nonce())")
    crmsync_oauth_sign(&count, &parameters, method, key.consumerKey, key.tokenKey, key.tokenSecret)
    guard let text = crmsync_oauth_header(count, parameters) else { return nil }
    defer { free(text) }
    return "OAuth \(String(cString: text))"
  }

  /// 128 random bits in hexadecimal, which cannot hold the text `realm`: MAAS drops a parameter that does.
  private static func nonce() -> String {
    var random = SystemRandomNumberGenerator()
    return (0..<2).map { _ in
      let digits = String(random.next(), radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
