// Package affiliate is a client of the TikTok Shop Affiliate Seller API: the
// part of TikTok Shop's Open API in which a seller reads and reviews creators'
// sample applications, and exchanges messages with the creators.
//
// A [Client] belongs to one app (key and secret). [Client.Exchange] and
// [Client.Refresh] obtain tokens; [Client.Authorisation] makes calls under the
// tokens that a [Vault] keeps, and renews them by itself; [Authorisation.Shop]
// makes the calls of one shop.
//
// What the package promises:
//
//   - Reads, and changes that are the same when made twice, are repeated with
//     jittered backoff, a bounded number of times. Other writes, which are
//     [Shop.Review] and [Shop.SendMessage], are never repeated: the caller decides,
//     after a check, and [Unclear] says whether a check is needed.
//   - Every error says what it means for the caller through [KindOf]; the vendor's
//     request id is kept in it, as the vendor's support asks for it.
//   - Calls keep to a budget per shop and endpoint, see [Shop.Ready].
//   - A number that a creator does not share is a blank [Number], never zero.
//   - Secrets redact themselves, and appear neither in errors nor in logs.
//   - Answers are read up to a bound, and redirects are not followed.
//
// All methods may be called from several goroutines at once.
package affiliate
