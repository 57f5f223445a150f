#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/store/answers.hpp"
#include "stepcast/store/audit_log.hpp"
#include "stepcast/store/queue.hpp"
#include "stepcast/store/second_factors.hpp"

#include "store_contract.hpp"

/// What SQLite and PostgreSQL must both do with the queue, second factors, answers and the audit
/// trail.
namespace stepcast::testing {

inline store::QueueRow queue_row(const std::string& id, std::int64_t priority, std::int64_t place) {
  store::QueueRow row;
  row.id = id;
  row.printer = "taz6";
  row.file = "Größe \"1\".gcode";
  row.sha256 = std::string(64, 'b');
  row.user = "ada";
  row.priority = priority;
  row.place = place;
  row.created = 1'763'000'000'123;
  return row;
}

inline store::QueueStartRow start_row(const std::string& id, const std::string& entry,
                                      store::UnixMs claimed) {
  return {id, entry, "taz6", "claimed", 3, claimed, claimed + 30'000, ""};
}

inline std::string ids_of(const std::vector<store::QueueRow>& rows) {
  std::string ids;
  for (const auto& row : rows) {
    ids += row.id + " ";
  }
  return ids;
}

inline void expect_the_queue_to_be_served_in_order(store::Store& store) {
  ASSERT_TRUE(write_to(store, [](auto& session) -> Result<void> {
    for (const auto& row : {queue_row("late", 0, 2), queue_row("early", 0, 1),
                            queue_row("urgent", 5, 3), queue_row("B", 0, 2)}) {
      if (auto put = store::put_queued(session, row); !put) {
        return put;
      }
    }
    return {};
  }));
  const auto open = [&] {
    return ids_of(read_from(store, [](auto& session) { return store::open_queued(session); }));
  };
  EXPECT_EQ(open(), "urgent early B late ") << "bytes decide between equals, whatever the locale";
  EXPECT_EQ(read_from(store, [](auto& session) { return store::next_queue_place(session); }), 4);

  auto row = queue_row("urgent", 5, 3);
  row.group = "farm";
  row.copies = 3;
  row.material = "PETG";
  row.nozzle_mm = 0.4;
  row.expires = 1'763'000'009'000;
  row.closed = "done";
  row.closed_at = 1'763'000'005'000;
  ASSERT_TRUE(write_to(store, [&](auto& session) { return store::put_queued(session, row); }));
  EXPECT_EQ(open(), "early B late ");
  const auto found =
      read_from(store, [](auto& session) { return store::find_queued(session, "urgent"); });
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->file, row.file);
  EXPECT_EQ(found->group, "farm");
  EXPECT_EQ(found->copies, 3);
  EXPECT_EQ(found->material, "PETG");
  EXPECT_EQ(found->nozzle_mm, 0.4);
  EXPECT_EQ(found->created, row.created);
  EXPECT_EQ(found->expires, row.expires);
  EXPECT_EQ(found->closed, "done");
  EXPECT_EQ(found->closed_at, row.closed_at);

  row.id = "later";
  row.closed_at = 1'763'000'006'000;
  ASSERT_TRUE(write_to(store, [&](auto& session) { return store::put_queued(session, row); }));
  const auto closed = [&](std::int64_t limit, std::int64_t offset) {
    return ids_of(read_from(
        store, [&](auto& session) { return store::closed_queued(session, limit, offset); }));
  };
  EXPECT_EQ(closed(10, 0), "later urgent ");
  EXPECT_EQ(closed(1, 1), "urgent ");
  EXPECT_FALSE(store.read([](auto& session) {
    return store::closed_queued(session, -1, 0).map([](const auto& /*rows*/) {});
  }));
  EXPECT_FALSE(read_from(store, [](auto& session) { return store::find_queued(session, "none"); }));
}

inline void expect_queue_rules_to_be_told(store::Store& store) {
  const auto refused = [&](const store::QueueRow& row) {
    const auto put =
        write_to(store, [&](auto& session) { return store::put_queued(session, row); });
    return !put && put.error().code == Errc::kInvalidArgument;
  };
  auto row = queue_row("rules", 0, 1);
  row.copies = 0;
  EXPECT_TRUE(refused(row));
  row.copies = 1;
  row.closed = "done";
  EXPECT_TRUE(refused(row)) << "over, but nobody knows since when";
  row.closed = "forgotten";
  row.closed_at = 5;
  EXPECT_TRUE(refused(row));
}

inline void expect_a_start_to_be_claimed_once(store::Store& store) {
  const auto add = [&](const store::QueueStartRow& row) {
    return write_to(store, [&](auto& session) { return store::add_queue_start(session, row); });
  };
  ASSERT_TRUE(write_to(
      store, [](auto& session) { return store::put_queued(session, queue_row("entry", 0, 1)); }));
  ASSERT_TRUE(add(start_row("first", "entry", 10)));
  ASSERT_TRUE(add(start_row("second", "entry", 20)));
  ASSERT_TRUE(add(start_row("third", "entry", 30)));
  EXPECT_EQ(add(start_row("first", "entry", 40)).error().code, Errc::kInvalidArgument);
  EXPECT_EQ(add(start_row("fourth", "nothing", 40)).error().code, Errc::kInvalidArgument);

  const auto end = [&](const char* id) {
    bool ended = false;
    EXPECT_TRUE(write_to(store, [&](auto& session) {
      return store::end_queue_claim(session, id, "asked", "").map([&](bool was) { ended = was; });
    }));
    return ended;
  };
  EXPECT_TRUE(end("first"));
  EXPECT_FALSE(end("first")) << "asked already";
  EXPECT_FALSE(end("nothing"));
  std::int64_t expired = 0;
  ASSERT_TRUE(write_to(store, [&](auto& session) {
    return store::expire_queue_claims(session, "the server was restarted")
        .map([&](std::int64_t rows) { expired = rows; });
  }));
  EXPECT_EQ(expired, 2);

  const auto starts =
      read_from(store, [](auto& session) { return store::starts_of_queued(session, "entry"); });
  ASSERT_EQ(starts.size(), 3U);
  EXPECT_EQ(starts[0].state, "asked");
  EXPECT_EQ(starts[1].id, "second");
  EXPECT_EQ(starts[1].state, "expired");
  EXPECT_EQ(starts[1].version, 3);
  EXPECT_EQ(starts[1].claimed, 20);
  EXPECT_EQ(starts[1].expires, 30'020);
  EXPECT_EQ(starts[2].reason, "the server was restarted");

  ASSERT_TRUE(write_to(store, [](auto& session) {
    return store::put_job(session, job_row("first", "printing", 10));
  }));
  EXPECT_EQ(
      read_from(store, [](auto& session) { return store::job_states_of_queued(session, "entry"); }),
      (std::map<std::string, std::string>{{"first", "printing"}}));
}

inline void expect_the_bed_to_be_remembered(store::Store& store) {
  const auto setup = [&] {
    return read_from(store,
                     [](auto& session) { return store::find_printer_setup(session, "taz6"); });
  };
  EXPECT_FALSE(setup());
  ASSERT_TRUE(
      write_to(store, [](auto& session) { return store::put_on_bed(session, "taz6", "job1"); }));
  EXPECT_EQ(setup()->bed_job, "job1");
  EXPECT_FALSE(setup()->nozzle_mm || setup()->queue_paused);
  ASSERT_TRUE(write_to(store, [](auto& session) {
    return store::put_printer_setup(session, {"taz6", "", "PLA", 0.6, true});
  }));
  ASSERT_TRUE(
      write_to(store, [](auto& session) { return store::put_on_bed(session, "taz6", "job2"); }));
  EXPECT_EQ(setup()->bed_job, "job2");
  EXPECT_EQ(setup()->material, "PLA") << "what lies on the bed changes nothing else";
  EXPECT_EQ(setup()->nozzle_mm, 0.6);
  EXPECT_TRUE(setup()->queue_paused);
}

inline void expect_second_factors_to_go_with_their_user(store::Store& store) {
  store::SecondFactorRow row{"grace", "JBSWY3DPEHPK3PXP", 59'000'000, "aa bb", 7};
  const auto put = [&](auto& session) { return store::put_second_factor(session, row); };
  const auto all = [&] {
    return read_from(store, [](auto& session) { return store::all_second_factors(session); });
  };
  const auto orphan = write_to(store, put);
  ASSERT_FALSE(orphan) << "its user does not exist";
  EXPECT_EQ(orphan.error().code, Errc::kInvalidArgument);
  EXPECT_EQ(orphan.error().to_string().find(row.secret), std::string::npos)
      << orphan.error().to_string();

  ASSERT_TRUE(write_to(store, [&](auto& session) {
    return store::put_user(session, {"grace", "hash", "admin", true, 1}).and_then([&] {
      return put(session);
    });
  }));
  row.last_step = 59'000'001;
  row.recovery = "bb";
  ASSERT_TRUE(write_to(store, put)) << "a code was used";
  ASSERT_EQ(all().size(), 1U);
  EXPECT_EQ(all()[0].secret, row.secret);
  EXPECT_EQ(all()[0].last_step, row.last_step);
  EXPECT_EQ(all()[0].recovery, "bb");
  EXPECT_EQ(all()[0].created, 7);

  std::vector<bool> removed;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(write_to(store, [&](auto& session) {
      return store::remove_second_factor(session, "grace").map([&](bool was) {
        removed.push_back(was);
      });
    }));
  }
  EXPECT_EQ(removed, (std::vector<bool>{true, false}));
  ASSERT_TRUE(write_to(store, [&](auto& session) {
    return put(session).and_then(
        [&] { return store::remove_user(session, "grace").map([](bool) {}); });
  }));
  EXPECT_TRUE(all().empty());
}

inline void expect_an_answer_to_be_given_once(store::Store& store) {
  store::AnswerRow row{"ada", "key 1", std::string(64, 'c'), 100, 0, "", ""};
  const auto add = [&] {
    return write_to(store, [&](auto& session) { return store::add_answer(session, row); });
  };
  ASSERT_TRUE(add());
  EXPECT_EQ(add().error().code, Errc::kInvalidArgument) << "the key is taken";
  row.caller = "grace";
  row.at = 50;
  ASSERT_TRUE(add()) << "but not that of somebody else";
  row.caller = "ada";
  row.at = 100;
  row.status = 201;
  row.location = "/api/v1/jobs/1";
  row.body = "{\"größe\":1}";
  ASSERT_TRUE(write_to(store, [&](auto& session) { return store::put_answer(session, row); }));

  const auto find = [&](const char* caller) {
    return read_from(store,
                     [&](auto& session) { return store::find_answer(session, caller, "key 1"); });
  };
  ASSERT_TRUE(find("ada").has_value());
  EXPECT_EQ(find("ada")->status, 201);
  EXPECT_EQ(find("ada")->location, row.location);
  EXPECT_EQ(find("ada")->body, row.body);
  EXPECT_EQ(find("ada")->request_sha256, row.request_sha256);
  EXPECT_EQ(find("grace")->status, 0);
  EXPECT_FALSE(find("linus"));

  std::int64_t old = 0;
  bool was = false;
  ASSERT_TRUE(write_to(store, [&](auto& session) {
    return store::remove_answers_before(session, 51)
        .and_then([&](std::int64_t rows) {
          old = rows;
          return store::remove_answer(session, "ada", "key 1");
        })
        .map([&](bool found) { was = found; });
  }));
  EXPECT_EQ(old, 1);
  EXPECT_TRUE(was);
  EXPECT_FALSE(find("ada") || find("grace"));
}

inline void expect_an_audit_entry_to_stay(store::Store& store) {
  const auto append = [&](std::int64_t number, const char* action) {
    return write_to(store, [&](auto& session) {
      return store::append_audit(
          session, {number, 1'763'000'000'123, "ada", "k", action, "Größe", "before", "after"});
    });
  };
  EXPECT_FALSE(read_from(store, [](auto& session) { return store::last_audit(session); }));
  for (std::int64_t number = 1; number <= 12; ++number) {
    ASSERT_TRUE(append(number, "upload"));
  }
  EXPECT_EQ(append(12, "forged").error().code, Errc::kInvalidArgument);
  const auto last = read_from(store, [](auto& session) { return store::last_audit(session); });
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->sequence, 12) << "by number, not by text";
  EXPECT_EQ(last->action, "upload");
  EXPECT_EQ(last->subject, "Größe");
  const auto page =
      read_from(store, [](auto& session) { return store::audit_after(session, 9, 2); });
  ASSERT_EQ(page.size(), 2U);
  EXPECT_EQ(page[0].sequence, 10);
  EXPECT_EQ(page[1].sequence, 11);
}

}  // namespace stepcast::testing
