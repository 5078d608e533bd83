#if Redis
  import CoveyCore
  import CoveyRedis
  import Testing

  struct RedisURLTests {
    private func refusal(_ text: String) -> String? {
      do throws(Failure) {
        _ = try RedisURL(text)
        return nil
      } catch {
        return error.kind == .invalid ? error.message : "\(error)"
      }
    }

    @Test func `what is left out has its default`() throws {
      let url = try RedisURL("redis://localhost")
      #expect(url.driver == .own)
      #expect(url.place == .host("localhost", port: 6379))
      #expect(url.user == nil && url.password == nil && url.database == 0)
      #expect(text(url.prefix) == "covey" && url.keys.isEmpty)
      #expect(url.logMessagesMax == 1000 && url.logBytesMax == 4_194_304)
      #expect(url.logSecondsMax == 600)
      let django = try RedisURL("redis+django://localhost")
      #expect(django.driver == .django && text(django.prefix) == "asgi")
      #expect(django.expirySeconds == 60 && django.groupExpirySeconds == 86_400)
      #expect(django.capacity == 100)
    }

    @Test(arguments: [
      ("redis", RedisDriver.own), ("redis+django", .django), ("redis+django-pubsub", .djangoPubSub),
      ("valkey", .own), ("valkey+django", .django), ("valkey+django-pubsub", .djangoPubSub),
      ("REDIS", .own), ("Redis+Django", .django),
    ])
    func `the scheme says whose formats`(_ scheme: String, _ driver: RedisDriver) throws {
      let url = try RedisURL(scheme + "://h")
      #expect(url.driver == driver && url.place == .host("h", port: 6379))
      let unix = try RedisURL(scheme + "+unix:///run/r.sock")
      #expect(unix.driver == driver && unix.place == .unix("/run/r.sock"))
    }

    @Test(arguments: [
      ("redis://h:1", "h", 1, nil, nil, 0), ("redis://h/", "h", 6379, nil, nil, 0),
      ("redis://h:65535/2147483647", "h", 65_535, nil, nil, 2_147_483_647),
      ("redis://u:p@10.0.0.1:7/3", "10.0.0.1", 7, "u", "p", 3),
      ("redis://:p@h_1.x-y?", "h_1.x-y", 6379, nil, "p", 0),
      ("redis://[::1]:6380/1", "::1", 6380, nil, nil, 1),
      ("redis://a%3Ab:%40%2F%3a%25+@[fe80::1]", "fe80::1", 6379, "a:b", "@/:%+", 0),
      ("redis://u:p@q:r@h", "h", 6379, "u", "p@q:r", 0),
      ("redis://u:%ff@h", "h", 6379, "u", "\u{FFFD}", 0),
    ])
    func `a server has a host, a port, credentials and a database`(
      _ given: String, _ host: String, _ port: UInt16, _ user: String?, _ password: String?,
      _ database: Int
    ) throws {
      let url = try RedisURL(given)
      #expect(url.place == .host(host, port: port))
      #expect(url.user.map(text) == user)
      #expect(url.password.map(text) == password)
      #expect(url.database == database)
    }

    @Test func `a unix socket has its path and its database as an option`() throws {
      let url = try RedisURL("redis+django+unix://u:p%40@/run/my%20redis@1.sock?db=7&capacity=5")
      #expect(url.place == .unix("/run/my redis@1.sock"))
      #expect(url.user.map(text) == "u" && url.password.map(text) == "p@")
      #expect(url.database == 7 && url.capacity == 5 && url.driver == .django)
      let longest = "/" + String(repeating: "a", count: 106)
      #expect(try RedisURL("redis+unix://" + longest).place == .unix(longest))
    }

    @Test func `options are decoded, and a key may repeat`() throws {
      let own = try RedisURL(
        "redis://h?prefix=%C3%A4%26&key=a%3Db=&key=b%26+"
          + "&log=0&log_bytes=1073741824&log_seconds=86400"
      )
      #expect(text(own.prefix) == "ä&" && own.keys.map(text) == ["a=b=", "b&+"])
      #expect(own.logMessagesMax == 0 && own.logBytesMax == 1 << 30 && own.logSecondsMax == 86_400)
      let django = try RedisURL("redis+django://h?expiry=1&group_expiry=2&capacity=%33")
      #expect(django.expirySeconds == 1 && django.groupExpirySeconds == 2 && django.capacity == 3)
    }

    @Test(arguments: [
      ("", "redis url does not begin with redis://"),
      ("localhost", "redis url does not begin with redis://"),
      ("redis:/h", "redis url does not begin with redis://"),
      ("http://h", "redis url has the unknown scheme \"http\""),
      ("redis+cluster://h", "redis url has the unknown scheme \"redis+cluster\""),
      ("redis+unix+django:///p", "redis url has the unknown scheme \"redis+unix+django\""),
      ("redis+://h", "redis url has the unknown scheme \"redis+\""),
      ("rediss://h", "redis url has the scheme \"rediss\", and there is no TLS to Redis yet"),
      (
        "rediss+django://h",
        "redis url has the scheme \"rediss+django\", and there is no TLS to Redis yet"
      ),
      ("valkeys://h", "redis url has the scheme \"valkeys\", and there is no TLS to Redis yet"),
      ("redis://", "redis url has no host"),
      ("redis://:6379", "redis url has no host"),
      ("redis://:p@", "redis url has no host"),
      ("redis://h:", "redis url has a port that is no number of 1...65535"),
      ("redis://h:0", "redis url has a port that is no number of 1...65535"),
      ("redis://h:65536", "redis url has a port that is no number of 1...65535"),
      ("redis://h:-1", "redis url has a port that is no number of 1...65535"),
      ("redis://[::1", "redis url has a [ without ]"),
      ("redis://[::1]x", "redis url has something other than a port behind the ]"),
      ("redis://[h]", "redis url has no ipv6 address between the brackets"),
      ("redis://[127.0.0.1]", "redis url has no ipv6 address between the brackets"),
      ("redis://u@h", "redis url has a user without a password; a password alone begins with a :"),
      ("redis://@h", "redis url has a user without a password; a password alone begins with a :"),
      ("redis://u:@h", "redis url has an empty password"),
      ("redis://h/x", "redis url has the database \"x\", must be a number of 0...2147483647"),
      ("redis://h/-1", "redis url has the database \"-1\", must be a number of 0...2147483647"),
      ("redis://h/1/", "redis url has the database \"1/\", must be a number of 0...2147483647"),
      (
        "redis://h/2147483648",
        "redis url has the database \"2147483648\", must be a number of 0...2147483647"
      ),
      ("redis://h#x", "redis url has a #; encode it as %23"),
      ("redis://h /", "redis url has a blank or control character at byte 9; encode it as %xx"),
      ("redis://h\u{0}", "redis url has a blank or control character at byte 9; encode it as %xx"),
      ("redis://:a%00b@h", "redis url has a NUL in its password"),
      ("redis://u%00:b@h", "redis url has a NUL in its user"),
      ("redis://h?key=%00", "redis url has a NUL in its key"),
      ("redis+unix:///a%00", "redis url has a NUL in its path"),
      ("redis://:%4@h", "redis url has a % without two hexadecimal digits in its password"),
      ("redis://h?prefix=%zz", "redis url has a % without two hexadecimal digits in its prefix"),
      (
        "redis+unix://h/p",
        "redis url of a unix socket has a host; the path begins with a third /"
      ),
      ("redis+unix://", "redis url of a unix socket has no path"),
      ("redis+unix:///", "redis url of a unix socket has no path"),
      ("redis+unix:///%ff", "redis url has a path that is not utf-8"),
      (
        "redis+unix:///" + String(repeating: "a", count: 107),
        "redis url has a path of 108 bytes, limit 107"
      ),
      (
        "redis://" + String(repeating: "a", count: 254),
        "redis url has a host of 254 bytes, limit 253"
      ),
      ("redis://" + String(repeating: "a", count: 16_377), "redis url is 16385 bytes, limit 16384"),
      (
        "redis://ä",
        "redis url has a host of other than letters, digits, '-', '.' and '_'; ipv6 has brackets"
      ),
    ])
    func `a url that is wrong says what is`(_ url: String, _ message: String) {
      #expect(refusal(url) == message)
    }

    @Test(
      arguments: [
        ("redis://h?x=1", "redis url has the unknown option \"x\""),
        ("redis://h?", nil), ("redis://h?&", "redis url has an option without ="),
        ("redis://h?log", "redis url has an option without ="),
        ("redis://h?log=1&log=1", "redis url has the option log twice"),
        ("redis://h?prefix=a&prefix=a", "redis url has the option prefix twice"),
        ("redis://h?log=", "option log is \"\", must be 0...100000"),
        ("redis://h?log=100001", "option log is \"100001\", must be 0...100000"),
        ("redis://h?log=-1", "option log is \"-1\", must be 0...100000"),
        (
          "redis://h?log=99999999999999999999",
          "option log is \"99999999999999999999\", must be 0...100000"
        ),
        ("redis://h?log_bytes=0", "option log_bytes is \"0\", must be 1...1073741824"),
        (
          "redis://h?log_bytes=1073741825",
          "option log_bytes is \"1073741825\", must be 1...1073741824"
        ),
        ("redis://h?log_seconds=0", "option log_seconds is \"0\", must be 1...86400"),
        ("redis://h?log_seconds=86401", "option log_seconds is \"86401\", must be 1...86400"),
        ("redis+django://h?expiry=0", "option expiry is \"0\", must be 1...86400"),
        (
          "redis+django://h?group_expiry=31536001",
          "option group_expiry is \"31536001\", must be 1...31536000"
        ),
        ("redis+django://h?capacity=0", "option capacity is \"0\", must be 1...1000000"),
        ("redis+django://h?log=1", "option log is not for \"redis+django\""),
        ("redis://h?capacity=1", "option capacity is not for \"redis\""),
        ("redis+django-pubsub://h?expiry=1", "option expiry is not for \"redis+django-pubsub\""),
        (
          "redis://h?db=1", "option db is for unix sockets; a database is /1 behind the host"
        ),
        ("redis+unix:///p?db=2147483648", "option db is \"2147483648\", must be 0...2147483647"),
        ("redis://h?prefix=", "option prefix is 0 bytes, must be 1...64"),
        (
          "redis://h?prefix=" + String(repeating: "a", count: 65),
          "option prefix is 65 bytes, must be 1...64"
        ),
        ("redis://h?prefix=%0a", "option prefix has a control character, or is not utf-8"),
        ("redis://h?prefix=%ff", "option prefix has a control character, or is not utf-8"),
        ("redis://h?key=", "option key is 0 bytes, must be 1...1024"),
        (
          "redis://h?" + repeatElement("key=k", count: 17).joined(separator: "&"),
          "redis url has more keys than the limit of 16"
        ),
      ] as [(String, String?)])
    func `an option that is wrong says what is`(_ url: String, _ message: String?) {
      #expect(refusal(url) == message)
    }

    // MARK: secrets

    @Test(arguments: [
      "redis://u:SECRET@h:99999", "redis://u:SECRET@h/x", "redis://:SECRET%zz@h",
      "redis://:SECRET%00@h", "redis://u:SECRET", "redis://SECRET@h", "redis://u:SECRET/x@h",
      "redis://u:1/SECRET@h", "redis://u:1?SECRET@h", "redis://u:1?SECRET=x@h",
      "redis://u:1?x=SECRET@h", "redis://u:1?log=SECRET@h", "redis://u:1#SECRET@h",
      "redis://u:SE CRET@h", "redis://h?key=SECRET&x=1", "redis://h?key=SECRET%zz",
      "redis://h?key=SECRET%00", "redis+unix://u:SECRET/x@/p", "redis+unix://u:SECRET@h/p",
      "redis+unix://:SECRET@/p?db=x",
    ])
    func `a refusal never quotes a password or a key`(_ url: String) throws {
      let message = try #require(refusal(url))
      #expect(!message.contains("SECRET") && !message.contains("CRET"))
    }

    @Test(arguments: [
      ("redis://u:SECRET@h/1?key=SECRET&key=b", "redis://u:***@h:6379/1?prefix=covey&keys=2"),
      ("valkey+django://:SECRET@[::1]", "redis+django://:***@[::1]:6379/0?prefix=asgi"),
      ("redis://h?prefix=%20ä", "redis://h:6379/0?prefix=%20%C3%A4"),
      (
        "redis+django-pubsub+unix://a%3A%0A:SECRET@/run/a%20b?db=2",
        "redis+django-pubsub+unix://a%3A%0A:***@/run/a%20b?db=2&prefix=asgi"
      ),
    ])
    func `what logs show has neither`(_ url: String, _ shown: String) throws {
      let url = try RedisURL(url)
      #expect(url.redacted == shown && "\(url)" == shown && String(reflecting: url) == shown)
      var dumped = ""
      dump(url, to: &dumped)
      #expect(!dumped.contains("SECRET") && !dumped.contains("password"))
    }
  }
#endif
