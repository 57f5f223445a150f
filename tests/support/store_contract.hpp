#pragma once

#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/store/files.hpp"
#include "stepcast/store/jobs.hpp"
#include "stepcast/store/keys.hpp"
#include "stepcast/store/logins.hpp"
#include "stepcast/store/settings.hpp"
#include "stepcast/store/store.hpp"
#include "stepcast/store/users.hpp"

#include "store_folder.hpp"

/// What SQLite and PostgreSQL must both do: the same claims run against either.
namespace stepcast::testing {

inline store::FileRow file_row(const std::string& path) {
  return {path,
          "Größe's \"part\" \\ 日本.gcode",
          std::string(64, 'a'),
          5'000'000'000,
          1'763'000'000'123,
          "ada",
          ""};
}

inline store::JobRow job_row(const std::string& id, const std::string& state,
                             store::UnixMs created) {
  store::JobRow row;
  row.id = id;
  row.printer = "taz6";
  row.file = "cube.gcode";
  row.sha256 = std::string(64, 'b');
  row.user = "ada";
  row.state = state;
  row.created = created;
  return row;
}

template <class Put>
Result<void> write_to(store::Store& store, Put put) {
  return store.write([put](store::Session& session) { return put(session); });
}

inline auto putting_file(const std::string& path) {
  return [path](store::Session& session) { return store::put_file(session, file_row(path)); };
}

inline std::vector<store::FileRow> files_in(store::Store& store) {
  return read_from(store, [](auto& session) { return store::all_files(session); });
}

inline std::optional<store::FileRow> file_in(store::Store& store, const std::string& path) {
  return read_from(store, [&](auto& session) { return store::find_file(session, path); });
}

inline void expect_files_come_back_as_they_were(store::Store& store) {
  const auto row = file_row("folder/b.gcode");
  ASSERT_TRUE(store.write(putting_file(row.path)));
  ASSERT_TRUE(store.write(putting_file("folder/Z.gcode")));
  const auto found = file_in(store, row.path);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->display, row.display);
  EXPECT_EQ(found->sha256, row.sha256);
  EXPECT_EQ(found->size, row.size);
  EXPECT_EQ(found->uploaded, row.uploaded);
  EXPECT_EQ(found->user, row.user);
  EXPECT_EQ(found->stated, "");
  const auto all = files_in(store);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].path, "folder/Z.gcode") << "in the order of the bytes, whatever the locale";
  EXPECT_EQ(all[1].path, "folder/b.gcode");
}

inline void expect_a_second_upload_replaces_the_row(store::Store& store) {
  auto row = file_row("a.gcode");
  row.stated = "{}";
  const auto put = [&](auto& session) { return store::put_file(session, row); };
  ASSERT_TRUE(write_to(store, put));
  row.sha256 = std::string(64, 'c');
  row.stated = "";
  ASSERT_TRUE(write_to(store, put));
  // What the file was before was read too late.
  ASSERT_TRUE(write_to(store, [&](auto& session) {
    return store::set_stated(session, std::string(64, 'a'), "{\"old\":1}");
  }));
  EXPECT_EQ(file_in(store, row.path)->sha256, row.sha256);
  EXPECT_EQ(file_in(store, row.path)->stated, "");
  ASSERT_TRUE(write_to(
      store, [&](auto& session) { return store::set_stated(session, row.sha256, "{\"new\":1}"); }));
  EXPECT_EQ(file_in(store, row.path)->stated, "{\"new\":1}");
}

inline void expect_analyses_belong_to_contents_and_settings(store::Store& store) {
  auto row = file_row("a.gcode");
  ASSERT_TRUE(write_to(store, [&](auto& session) { return store::put_file(session, row); }));
  row.path = "b.gcode";
  ASSERT_TRUE(write_to(store, [&](auto& session) { return store::put_file(session, row); }));
  const auto with =
      read_from(store, [&](auto& session) { return store::files_with(session, row.sha256); });
  ASSERT_EQ(with.size(), 2U);
  EXPECT_EQ(with[1].path, "b.gcode");
  const std::string gone(64, 'f');
  const auto put = [&](const std::string& sha256, const char* settings, const char* result) {
    return write_to(store, [&](auto& session) {
      return store::put_analysis(session, {sha256, settings, result});
    });
  };
  ASSERT_TRUE(put(row.sha256, "one", "1") && put(row.sha256, "two", "2") && put(gone, "one", "3"));
  ASSERT_TRUE(put(row.sha256, "one", "4"));
  const auto find = [&](const std::string& sha256, const char* settings) {
    return read_from(
        store, [&](auto& session) { return store::find_analysis(session, sha256, settings); });
  };
  EXPECT_EQ(find(row.sha256, "one")->result, "4");
  EXPECT_EQ(find(row.sha256, "two")->result, "2");
  EXPECT_EQ(
      read_from(store, [](auto& session) { return store::analyses_with(session, "one"); }).size(),
      2U);
  ASSERT_TRUE(
      write_to(store, [](auto& session) { return store::sweep_analyses(session, {"one"}); }));
  EXPECT_TRUE(find(row.sha256, "one"));
  EXPECT_FALSE(find(row.sha256, "two"));
  EXPECT_FALSE(find(gone, "one"));
}

inline void expect_removal_tells_whether_there_was_a_file(store::Store& store) {
  std::vector<bool> removed;
  ASSERT_TRUE(store.write(putting_file("gone.gcode")));
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(write_to(store, [&](auto& session) {
      return store::remove_file(session, "gone.gcode").map([&](bool found) {
        removed.push_back(found);
      });
    }));
  }
  EXPECT_EQ(removed, (std::vector<bool>{true, false}));
  EXPECT_FALSE(file_in(store, "gone.gcode"));
}

inline void expect_jobs_keep_what_is_not_known(store::Store& store) {
  auto row = job_row("unknowns", "queued", 10);
  const auto put = [&](auto& session) { return store::put_job(session, row); };
  const auto get = [](auto& session) { return store::find_job(session, "unknowns"); };
  ASSERT_TRUE(write_to(store, put));
  auto found = read_from(store, get);
  ASSERT_TRUE(found.has_value());
  EXPECT_FALSE(found->started || found->ended || found->estimated_s || found->actual_s ||
               found->filament_mm);
  // The same statement with values where there were none.
  row.state = "failed";
  row.started = 20;
  row.ended = 30;
  row.reason = "fault";
  row.estimated_s = 0.1;
  row.actual_s = 1.0 / 3.0;
  row.filament_mm = -1e-300;
  ASSERT_TRUE(write_to(store, put));
  found = read_from(store, get);
  EXPECT_EQ(found->state, "failed");
  EXPECT_EQ(found->started, 20);
  EXPECT_EQ(found->ended, 30);
  EXPECT_EQ(found->reason, "fault");
  EXPECT_EQ(found->estimated_s, 0.1);
  EXPECT_EQ(found->actual_s, 1.0 / 3.0);
  EXPECT_EQ(found->filament_mm, -1e-300);
  EXPECT_FALSE(read_from(store, [](auto& session) { return store::find_job(session, "none"); }));
}

inline void expect_jobs_come_newest_first_by_page(store::Store& store) {
  ASSERT_TRUE(write_to(store, [&](auto& session) -> Result<void> {
    for (int i = 0; i < 6; ++i) {
      auto row = job_row("page" + std::to_string(i), "done", 100 + i);
      row.printer = i == 5 ? "mini" : "large";
      if (auto put = store::put_job(session, row); !put) {
        return put;
      }
    }
    return {};
  }));
  const auto page =
      read_from(store, [](auto& session) { return store::jobs_of(session, "large", 2, 1); });
  ASSERT_EQ(page.size(), 2U);
  EXPECT_EQ(page[0].id, "page3");
  EXPECT_EQ(page[1].id, "page2");

  const auto after = [&](const store::JobFilter& filter, const store::JobCursor& cursor) {
    std::string ids;
    for (const auto& row : read_from(
             store, [&](auto& session) { return store::jobs_page(session, filter, cursor, 2); })) {
      ids += row.id + " ";
    }
    return ids;
  };
  EXPECT_EQ(after({"large", "done"}, {104, "page4"}), "page3 page2 ");
  EXPECT_EQ(after({"large", "failed"}, {104, "page4"}), "");
  EXPECT_EQ(after({"large", ""}, {106, ""}), "page4 page3 ");
  // Of all printers; other claims have rows in the same database.
  EXPECT_NE(after({"", "done"}, {106, ""}).find("page5 "), std::string::npos);
  EXPECT_EQ(after({"large", ""}, {101, "page1"}), "page0 ");
}

inline void expect_prints_are_counted_by_how_they_ended(store::Store& store) {
  const auto count = [](auto& session) { return store::print_counts(session, "cube.gcode"); };
  auto counts = read_from(store, count);
  EXPECT_EQ(counts.done + counts.failed, 0);
  EXPECT_FALSE(counts.last || counts.last_s || counts.average_s);

  ASSERT_TRUE(write_to(store, [&](auto& session) -> Result<void> {
    const std::vector<std::string> states{"done", "done", "failed", "cancelled", "printing"};
    for (std::size_t i = 0; i < states.size(); ++i) {
      auto row = job_row(std::to_string(i), states[i], 0);
      if (states[i] != "printing") {
        row.ended = static_cast<store::UnixMs>(1000 + i);
        row.actual_s = 10.0 + static_cast<double>(i);
      }
      if (auto put = store::put_job(session, row); !put) {
        return put;
      }
    }
    return {};
  }));
  counts = read_from(store, count);
  EXPECT_EQ(counts.done, 2);
  EXPECT_EQ(counts.failed, 2);
  EXPECT_EQ(counts.last, 1003);
  EXPECT_FALSE(counts.last_succeeded);
  EXPECT_EQ(counts.last_s, 11.0) << "of the last that was done";
  EXPECT_EQ(counts.average_s, 10.5);

  const auto of_files =
      read_from(store, [](auto& session) { return store::print_counts_of_files(session); });
  ASSERT_EQ(of_files.count("cube.gcode"), 1U);
  EXPECT_EQ(of_files.count("never.gcode"), 0U);
  const store::PrintCounts& of_cube = of_files.at("cube.gcode");
  EXPECT_EQ(of_cube.done, counts.done);
  EXPECT_EQ(of_cube.failed, counts.failed);
  EXPECT_EQ(of_cube.last, counts.last);
  EXPECT_EQ(of_cube.last_succeeded, counts.last_succeeded);
  EXPECT_EQ(of_cube.last_s, counts.last_s);
  EXPECT_EQ(of_cube.average_s, counts.average_s);
}

inline void expect_totals_of_a_printer(store::Store& store) {
  ASSERT_TRUE(write_to(store, [&](auto& session) -> Result<void> {
    const std::vector<std::string> states{"done",      "done",     "failed",
                                          "cancelled", "printing", "done"};
    for (std::size_t i = 0; i < states.size(); ++i) {
      auto row =
          job_row("total" + std::to_string(i), states[i], static_cast<store::UnixMs>(1000 + i));
      row.printer = "totals";
      if (states[i] != "printing") {
        row.actual_s = 10.0 * static_cast<double>(i);
        row.filament_mm = 5.0;
      }
      if (auto put = store::put_job(session, row); !put) {
        return put;
      }
    }
    return {};
  }));
  const auto totals = read_from(
      store, [](auto& session) { return store::job_totals(session, "totals", 1000, 1005); });
  EXPECT_EQ(totals.done, 2);
  EXPECT_EQ(totals.failed, 1);
  EXPECT_EQ(totals.cancelled, 1);
  EXPECT_EQ(totals.printed_s, 60.0);
  EXPECT_EQ(totals.longest_s, 30.0);
  EXPECT_EQ(totals.filament_mm, 10.0);
  EXPECT_EQ(
      read_from(store, [](auto& session) { return store::job_totals(session, "", 1000, 2000); })
          .done,
      3);
  EXPECT_EQ(
      read_from(store, [](auto& session) { return store::job_totals(session, "none", 0, 2000); })
          .done,
      0);
}

inline void expect_an_error_undoes_its_own_work_alone(store::Store& store) {
  store.write_later(putting_file("before"));
  const auto failed = store.write([](auto& session) -> Result<void> {
    return store::put_file(session, file_row("undone")).and_then([]() -> Result<void> {
      return fail(Errc::kInvalidArgument, "as planned");
    });
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "as planned");
  ASSERT_TRUE(store.write(putting_file("after")));
  const auto files = files_in(store);
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].path, "after");
  EXPECT_EQ(files[1].path, "before");
}

inline void expect_a_hidden_error_of_a_statement_stays_with_its_work(store::Store& store) {
  // The database has seen an error; the work claims success.
  static_cast<void>(store
                        .write([](auto& session) -> Result<void> {
                          static_cast<void>(
                              store::put_job(session, job_row("1", "dancing", 0)).has_value());
                          return {};
                        })
                        .has_value());
  EXPECT_TRUE(store.write(putting_file("after")));
}

inline void expect_broken_rules_to_be_told(store::Store& store) {
  const auto state = write_to(
      store, [](auto& session) { return store::put_job(session, job_row("1", "dancing", 0)); });
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code, Errc::kInvalidArgument) << state.error().to_string();
  auto row = file_row("a");
  row.size = -1;
  EXPECT_FALSE(write_to(store, [&](auto& session) { return store::put_file(session, row); }));
  const auto nul = store.write(putting_file(std::string("a\0b", 3)));
  ASSERT_FALSE(nul);
  EXPECT_EQ(nul.error().code, Errc::kInvalidArgument);
  auto job = job_row("1", "done", 0);
  job.actual_s = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(write_to(store, [&](auto& session) { return store::put_job(session, job); }));
}

inline store::KeyRow key_row(const std::string& user) {
  store::KeyRow key;
  key.id = "k";
  key.secret_sha256 = "deadbeef";
  key.app = "cura";
  key.user = user;
  key.printer = "taz6";
  key.permissions = "STATUS PRINT";
  key.expires = 3;
  return key;
}

inline void expect_errors_to_keep_secrets(store::Store& store) {
  const auto refused =
      write_to(store, [&](auto& session) { return store::add_key(session, key_row("nobody")); });
  ASSERT_FALSE(refused) << "its user does not exist";
  EXPECT_EQ(refused.error().code, Errc::kInvalidArgument) << refused.error().to_string();
  EXPECT_EQ(refused.error().to_string().find("deadbeef"), std::string::npos)
      << refused.error().to_string();
}

inline void expect_keys_and_logins_to_go_with_their_user(store::Store& store) {
  ASSERT_TRUE(write_to(store, [](auto& session) -> Result<void> {
    store::UserRow user{"ada", "hash", "admin", false, 1};
    return store::put_user(session, user)
        .and_then([&] { return store::add_key(session, key_row("ada")); })
        .and_then([&] {
          return store::add_login(session, {"t", "i", "ada", 4, 5});
        })
        .and_then([&] { return store::set_key_used(session, "k", 6); })
        .and_then([&] {
          user.role = "viewer";  // a change of the user keeps what hangs on it
          return store::put_user(session, user);
        });
  }));
  const auto users = read_from(store, [](auto& session) { return store::all_users(session); });
  ASSERT_EQ(users.size(), 1U);
  EXPECT_EQ(users[0].role, "viewer");
  EXPECT_FALSE(users[0].active);
  const auto keys = read_from(store, [](auto& session) { return store::all_keys(session); });
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0].printer, "taz6");
  EXPECT_EQ(keys[0].permissions, "STATUS PRINT");
  EXPECT_EQ(keys[0].expires, 3);
  EXPECT_EQ(keys[0].last_used, 6);
  EXPECT_EQ(read_from(store, [](auto& session) { return store::all_logins(session); }).size(), 1U);

  ASSERT_TRUE(write_to(store, [](auto& session) {
    return store::remove_user(session, "ada").map([](bool found) { EXPECT_TRUE(found); });
  }));
  EXPECT_TRUE(read_from(store, [](auto& session) { return store::all_keys(session); }).empty());
  EXPECT_TRUE(read_from(store, [](auto& session) { return store::all_logins(session); }).empty());
}

inline void expect_settings_to_be_kept_by_scope(store::Store& store) {
  const auto put = [&](const char* scope, const char* name, const char* value) {
    ASSERT_TRUE(write_to(store, [=](auto& session) {
      return store::put_setting(session, {.scope = scope, .name = name, .value = value});
    }));
  };
  put("octoprint/taz6", "/appearance/name", "\"Größe\"");
  put("octoprint/taz6", "/appearance/color", "\"red\"");
  put("octoprint/taz6", "/appearance/color", "\"blue\"");
  put("octoprint/mini", "/appearance/color", "\"green\"");
  const auto settings = [&](const char* scope) {
    return read_from(store, [=](auto& session) { return store::settings_of(session, scope); });
  };
  ASSERT_EQ(settings("octoprint/taz6").size(), 2U);
  EXPECT_EQ(settings("octoprint/taz6")[0].value, "\"blue\"");
  EXPECT_EQ(settings("octoprint/taz6")[1].value, "\"Größe\"");
  ASSERT_TRUE(write_to(
      store, [](auto& session) { return store::remove_settings(session, "octoprint/taz6"); }));
  EXPECT_TRUE(settings("octoprint/taz6").empty());
  EXPECT_EQ(settings("octoprint/mini").size(), 1U);
}

inline void expect_readers_to_see_what_is_committed(store::Store& store) {
  ASSERT_TRUE(store.write([&](auto& session) -> Result<void> {
    return store::put_file(session, file_row("a")).map([&] { EXPECT_FALSE(file_in(store, "a")); });
  }));
  EXPECT_TRUE(file_in(store, "a"));
}

inline void expect_readers_not_to_write(store::Store& store) {
  EXPECT_FALSE(store.read(putting_file("a")));
  EXPECT_FALSE(file_in(store, "a"));
}

}  // namespace stepcast::testing
