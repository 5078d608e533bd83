import Testing

@testable import CoveyCore

/// Differences are shown as `diff -u` shows them.
struct UnifiedDiffTests {
  private func check(_ old: String?, _ new: String, _ expected: String) {
    let shown = UnifiedDiff.of(old, new, path: "a.ts")
    #expect(shown == expected, "\(shown)")
  }

  @Test func `equal texts have none`() { check("a\nb\n", "a\nb\n", "") }

  @Test func `a changed line is shown among three others`() {
    check(
      "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n",
      """
      --- a.ts
      +++ a.ts
      @@ -2,7 +2,7 @@
       2
       3
       4
      -5
      +five
       6
       7
       8

      """)
  }

  @Test func `changes that are far apart are hunks of their own`() {
    let old = (1...20).map { "\($0)\n" }.joined()
    let new = old.replacing("1\n2\n", with: "2\n", maxReplacements: 1) + "21\n"
    check(
      old, new,
      """
      --- a.ts
      +++ a.ts
      @@ -1,4 +1,3 @@
      -1
       2
       3
       4
      @@ -18,3 +17,4 @@
       18
       19
       20
      +21

      """)
  }

  @Test func `a file that is not there comes from nowhere`() {
    check(nil, "a\n", "--- /dev/null\n+++ a.ts\n@@ -0,0 +1 @@\n+a\n")
  }

  @Test func `a last line without an end is told`() {
    check(
      "a", "a\n",
      "--- a.ts\n+++ a.ts\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n")
  }
}
