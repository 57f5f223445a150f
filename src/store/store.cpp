#include "stepcast/store/store.hpp"

#include <utility>

#include "stepcast/store/copy.hpp"

#include "database_url.hpp"
#include "migrations.hpp"
#include "reader_pool.hpp"
#include "server_lock.hpp"
#include "writer.hpp"

namespace stepcast::store {

namespace {

// By a connection of its own: a copy may take longer than anybody wants to wait for a reader.
Result<void> copy_of(const DatabaseUrl& url, const std::filesystem::path& to) {
  return Connection::open(url, Access::kRead).and_then([&](const auto& connection) {
    return connection->copy_to(to);
  });
}

}  // namespace

class Store::Impl {
 public:
  DatabaseUrl url;
  std::unique_ptr<ServerLock> lock;  // released last
  int version = 0;
  std::unique_ptr<ReaderPool> readers;
  std::unique_ptr<Writer> writer;
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

// NOLINTNEXTLINE(performance-unnecessary-value-param): the contract of the header
Result<std::unique_ptr<Store>> Store::open(Options options) {
  auto impl = std::make_unique<Impl>();
  if (options.readers == 0) {
    return fail(Errc::kInvalidArgument, "a store needs at least one connection for reading",
                "readers");
  }
  if (auto url = parse_database_url(options.url)) {
    impl->url = std::move(*url);
  } else {
    return tl::unexpected(url.error());
  }
  if (impl->url.dialect == Dialect::kSqlite) {
    auto lock = ServerLock::take(impl->url.path);
    if (!lock) {
      return tl::unexpected(lock.error());
    }
    impl->lock = std::move(*lock);
  }
  auto connection = Connection::open(impl->url, Access::kWrite);
  if (!connection) {
    return tl::unexpected(connection.error());
  }
  const auto version = migrate(**connection, impl->url);
  if (!version) {
    return tl::unexpected(version.error());
  }
  impl->version = *version;
  auto readers = ReaderPool::open(impl->url, options.readers);
  if (!readers) {
    return tl::unexpected(readers.error());
  }
  impl->readers = std::move(*readers);
  impl->writer = std::make_unique<Writer>(std::move(*connection), impl->url);
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

Result<void> Store::write(std::function<Result<void>(Session&)> work) {
  return impl_->writer->write(std::move(work));
}

void Store::write_later(std::function<Result<void>(Session&)> work) {
  impl_->writer->write_later(std::move(work));
}

void Store::write_soon(std::function<Result<void>(Session&)> work) {
  impl_->writer->write_soon(std::move(work));
}

Result<void> Store::flush() {
  return impl_->writer->write([](Session& /*session*/) { return Result<void>(); });
}

Result<void> Store::read(const std::function<Result<void>(Session&)>& work) {
  return impl_->readers->run(work);
}

Result<void> Store::backup(const std::filesystem::path& to) {
  return copy_of(impl_->url, to);
}

int Store::schema_version() const {
  return impl_->version;
}

Store::Counters Store::counters() const {
  return impl_->writer->counters();
}

Result<void> copy_database(const std::string& url, const std::filesystem::path& to) {
  return parse_database_url(url).and_then(
      [&](const DatabaseUrl& from) { return copy_of(from, to); });
}

}  // namespace stepcast::store
