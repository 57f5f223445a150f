#include "discovery.hpp"

#include <string_view>
#include <utility>

#include <avahi-client/client.h>
#include <avahi-client/publish.h>
#include <avahi-common/alternative.h>
#include <avahi-common/error.h>
#include <avahi-common/malloc.h>
#include <avahi-common/strlst.h>
#include <avahi-common/thread-watch.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "stepcast/server/site.hpp"

namespace stepcast::daemon {
namespace {

constexpr const char* kServiceType = "_octoprint._tcp";

struct FreePoll {
  void operator()(AvahiThreadedPoll* poll) const { avahi_threaded_poll_free(poll); }
};
struct FreeClient {
  void operator()(AvahiClient* client) const { avahi_client_free(client); }
};
struct FreeStrings {
  void operator()(AvahiStringList* list) const { avahi_string_list_free(list); }
};
using Strings = std::unique_ptr<AvahiStringList, FreeStrings>;

// What clients look for before they speak HTTP.
Strings txt_of(const Discovery::Service& service, const std::string& uuid) {
  const std::string version(server::kOctoPrintVersion);
  AvahiStringList* list = nullptr;
  list = avahi_string_list_add_pair(list, "path", service.path.c_str());
  list = avahi_string_list_add_pair(list, "version", version.c_str());
  list = avahi_string_list_add_pair(list, "api", "0.1");
  list = avahi_string_list_add_pair(list, "uuid", uuid.c_str());
  return Strings(list);
}

}  // namespace

class Discovery::Impl {
 public:
  Impl(std::vector<Service> services, std::string uuid)
      : services_(std::move(services)), uuid_(std::move(uuid)) {
    if (services_.empty()) {
      return;
    }
    poll_.reset(avahi_threaded_poll_new());
    if (!poll_) {
      return;
    }
    int error = 0;
    // Called back from within this call, too: before client_ is set.
    client_.reset(avahi_client_new(avahi_threaded_poll_get(poll_.get()), AVAHI_CLIENT_NO_FAIL,
                                   &Impl::on_client, this, &error));
    if (!client_) {
      spdlog::info("printers are not announced on the network: {}", avahi_strerror(error));
      return;
    }
    avahi_threaded_poll_start(poll_.get());
    started_ = true;
  }

  ~Impl() {
    if (started_) {
      avahi_threaded_poll_stop(poll_.get());
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

 private:
  static void on_client(AvahiClient* client, AvahiClientState state, void* self) {
    static_cast<Impl*>(self)->client_changed(client, state);
  }
  static void on_group(AvahiEntryGroup* group, AvahiEntryGroupState state, void* self) {
    static_cast<Impl*>(self)->group_changed(group, state);
  }

  void client_changed(AvahiClient* client, AvahiClientState state) {
    switch (state) {
      case AVAHI_CLIENT_S_RUNNING:
        announce(client);
        break;
      case AVAHI_CLIENT_CONNECTING:
        spdlog::info("printers are announced on the network once the Avahi daemon runs");
        break;
      case AVAHI_CLIENT_FAILURE:
        spdlog::warn("printers are no longer announced on the network: {}",
                     avahi_strerror(avahi_client_errno(client)));
        break;
      case AVAHI_CLIENT_S_COLLISION:
      case AVAHI_CLIENT_S_REGISTERING:
        // The host changes its name: all over again when that is done.
        if (group_ != nullptr) {
          avahi_entry_group_reset(group_);
        }
        break;
    }
  }

  void group_changed(AvahiEntryGroup* group, AvahiEntryGroupState state) {
    AvahiClient* const client = avahi_entry_group_get_client(group);
    if (state == AVAHI_ENTRY_GROUP_COLLISION) {
      rename_all();
      avahi_entry_group_reset(group);
      announce(client);
    } else if (state == AVAHI_ENTRY_GROUP_ESTABLISHED) {
      spdlog::info("{} printers are announced on the network", services_.size());
    } else if (state == AVAHI_ENTRY_GROUP_FAILURE) {
      complain(client);
    }
  }

  void announce(AvahiClient* client) {
    if (group_ == nullptr) {
      group_ = avahi_entry_group_new(client, &Impl::on_group, this);  // freed with the client
    }
    if (group_ == nullptr || !avahi_entry_group_is_empty(group_)) {
      return;
    }
    for (Service& service : services_) {
      const Strings txt = txt_of(service, uuid_);
      const auto add = [&] {
        return avahi_entry_group_add_service_strlst(
            group_, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC, AvahiPublishFlags{}, service.title.c_str(),
            kServiceType, nullptr, nullptr, service.port, txt.get());
      };
      int error = add();
      for (int tries = 0; error == AVAHI_ERR_COLLISION && tries < kMostRenames; ++tries) {
        rename(service);
        error = add();
      }
      if (error < 0) {
        complain(client);
        return;
      }
    }
    if (avahi_entry_group_commit(group_) < 0) {
      complain(client);
    }
  }

  static void rename(Service& service) {
    char* const other = avahi_alternative_service_name(service.title.c_str());
    service.title = other;
    avahi_free(other);
  }
  // Which of them is taken is not said.
  void rename_all() {
    for (Service& service : services_) {
      rename(service);
    }
  }
  static void complain(AvahiClient* client) {
    spdlog::warn("printers cannot be announced on the network: {}",
                 avahi_strerror(avahi_client_errno(client)));
  }

  static constexpr int kMostRenames = 50;
  std::vector<Service> services_;
  std::string uuid_;
  AvahiEntryGroup* group_ = nullptr;
  std::unique_ptr<AvahiThreadedPoll, FreePoll> poll_;
  std::unique_ptr<AvahiClient, FreeClient> client_;  ///< Before the poll that it uses.
  bool started_ = false;
};

std::vector<Discovery::Service> services_of(const Config& config, std::uint16_t port) {
  std::vector<Discovery::Service> services;
  const bool is_reachable = config.address != "localhost" && config.address != "::1" &&
                            !config.address.starts_with("127.");
  if (!config.announce || !is_reachable) {
    return services;
  }
  const bool is_one = config.printers.size() == 1;
  for (const PrinterConfig& printer : config.printers) {
    services.push_back(
        {.title = is_one ? config.name : fmt::format("{}: {}", config.name, printer.id),
         .path = is_one || printer.port != 0 ? "/" : fmt::format("/p/{}/", printer.id),
         .port = printer.port != 0 ? printer.port : port});
  }
  return services;
}

Discovery::Discovery(std::vector<Service> services, std::string uuid)
    : impl_(std::make_unique<Impl>(std::move(services), std::move(uuid))) {}
Discovery::~Discovery() = default;

}  // namespace stepcast::daemon
