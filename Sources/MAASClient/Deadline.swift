import Glibc

/// The moment by which something has to be done, on the monotonic clock.
package struct Deadline: Sendable {
  /// What was granted in all, in seconds.
  package let seconds: Double
  private let end: Double

  package init(after seconds: Double) {
    self.seconds = seconds
    end = Deadline.now + seconds
  }

  /// Seconds that are left; negative after the deadline.
  package var left: Double { end - Deadline.now }
  package var isOver: Bool { left <= 0 }
  /// Seconds since it was set.
  package var elapsed: Double { seconds - left }

  /// Sleeps, but not past the deadline.
  package func pause(_ seconds: Double) {
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
  package func enforce() {
    _ = signal(SIGALRM) { _ in
      // Nothing else is safe in a signal handler.
      let reason: StaticString = "error: timed out long ago, and hung\n"
      _ = write(2, reason.utf8Start, reason.utf8CodeUnitCount)
      _exit(1)
    }
    _ = alarm(UInt32(seconds.rounded(.up)) + 1)
  }
}
