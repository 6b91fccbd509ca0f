import Glibc

/// The moment by which something has to be done, on the monotonic clock.
public struct Deadline: Sendable {
  /// What was granted in all, in seconds.
  public let seconds: Double
  private let end: Double

  public init(after seconds: Double) {
    self.seconds = seconds
    end = Deadline.now + seconds
  }

  /// Seconds that are left; negative after the deadline.
  public var left: Double { end - Deadline.now }
  public var isOver: Bool { left <= 0 }
  /// Seconds since it was set.
  public var elapsed: Double { seconds - left }

  /// Sleeps, but not past the deadline.
  public func pause(_ seconds: Double) {
    let pause = min(seconds, left)
    if pause > 0 { usleep(UInt32(min(pause, 1000) * 1_000_000)) }
  }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

extension Deadline {
  /// Has the kernel end the process, should it hang somewhere past its deadline (in syslog, say): Pacemaker takes that
  /// for a failure.
  public func enforce() {
    _ = signal(SIGALRM) { _ in
      // Nothing else is safe in a signal handler.
      let reason: StaticString = "error: timed out long ago, and hung\n"
      _ = write(2, reason.utf8Start, reason.utf8CodeUnitCount)
      _exit(1)
    }
    _ = alarm(UInt32(seconds.rounded(.up)) + 1)
  }
}
