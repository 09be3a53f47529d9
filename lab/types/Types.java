import java.lang.reflect.Method;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.config.ConfigDef;

/** Prints the broker properties of the Kafka on the class path: name, type, and the values that it accepts. */
public class Types {
    private static final Set<String> TOLD = Set.of("Range", "ValidString", "CaseInsensitiveValidString", "ValidList");

    public static void main(String[] arguments) throws Exception {
        ConfigDef definition = definition();
        for (String name : new TreeSet<>(definition.names())) {
            ConfigDef.ConfigKey key = definition.configKeys().get(name);
            System.out.println(name + "\t" + key.type + accepts(key.validator));
        }
    }

    private static String accepts(ConfigDef.Validator validator) {
        if (validator == null || !TOLD.contains(validator.getClass().getSimpleName())) {
            return "";
        }
        String text = validator.toString();
        int at = text.indexOf('[');
        return at < 0 ? "" : "\t" + validator.getClass().getSimpleName() + "\t" + text.substring(at);
    }

    private static ConfigDef definition() throws Exception {
        try {
            Class<?> newer = Class.forName("org.apache.kafka.server.config.AbstractKafkaConfig");
            return (ConfigDef) newer.getField("CONFIG_DEF").get(null);
        } catch (ClassNotFoundException older) {
            Object module = Class.forName("kafka.server.KafkaConfig$").getField("MODULE$").get(null);
            Method method = module.getClass().getDeclaredMethod("configDef");
            method.setAccessible(true);
            return (ConfigDef) method.invoke(module);
        }
    }
}
